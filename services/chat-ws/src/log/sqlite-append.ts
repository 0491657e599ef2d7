import type { DatabaseSync } from 'node:sqlite';
import { eventIdOf } from '@parley/common/contracts/events/event-id';
import { type FlatBatch, type FlatResults, outcome, WRITE_FIELDS } from './append-wire.ts';
import { changeHash, contentHash, isSameContent } from './content.ts';
import { prepareChange } from './sqlite-change.ts';

export type SqliteAppend = {
  /** Appends a batch in one transaction. @throws what SQLite says; nothing of the batch is stored then */
  append(batch: FlatBatch): FlatResults;
  /** Writes something without effect, to see whether writing works. */
  probe(): void;
};

type Room = { id: number; name: string; epoch: string; head: number; eventPrefix: string };

type Rooms = ReadonlyMap<string, Room | undefined>;

const nothing: Rooms = new Map();

/** What was remembered of a room is so no more. */
class RoomChanged extends Error {}

type UsedKey = { seq: number; content_hash: string; at: number };

function pushRepetition(room: Room, first: UsedKey, contents: string, results: FlatResults): void {
  const what = isSameContent(first.content_hash, contents) ? outcome.duplicate : outcome.conflict;
  results.push(what, first.seq, first.at, room.epoch);
}

/**
 * The log's write statements on one connection; synchronous, so for a thread of their own. `beforeCommit` is where tests hold
 * commits up, like a slow disk. A repeated key is found by its insert doing nothing, so that a new one needs no look-up.
 */
export function prepareAppend(
  database: DatabaseSync,
  { keyMaxAgeMs, beforeCommit }: { keyMaxAgeMs: number; beforeCommit: () => void },
): SqliteAppend {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const findRoom = database.prepare('SELECT id, epoch, head FROM rooms WHERE name = ? AND deleted_at IS NULL');
  const moveHead = database.prepare('UPDATE rooms SET head = ? WHERE id = ? AND epoch = ? AND deleted_at IS NULL');
  const insertKey = database.prepare(
    'INSERT INTO post_keys (room_id, sender_id, key, seq, content_hash, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const findKey = database.prepare(
    'SELECT seq, content_hash, at FROM post_keys WHERE room_id = ? AND sender_id = ? AND key = ?',
  );
  const deleteKey = database.prepare('DELETE FROM post_keys WHERE room_id = ? AND sender_id = ? AND key = ?');
  const insertMessage = database.prepare(
    'INSERT INTO messages (room_id, seq, at, sender_id, sender_name, text, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const insertEvent = database.prepare(
    "INSERT INTO events (event_id, type, at, ref_id, ref_seq) VALUES (?, 'message.posted', ?, ?, ?)",
  );

  const changes = prepareChange(database);

  /** The rooms of the last batch as it has left them. Others may have changed them since: moving their heads finds that out. */
  let known = nothing;

  function openRoom(name: string): Room | undefined {
    const row = findRoom.get(name);
    if (!row) return undefined;
    const epoch = row.epoch as string;
    return {
      id: row.id as number,
      name,
      epoch,
      head: row.head as number,
      eventPrefix: `${eventIdOf('message.posted', name, epoch)}:`,
    };
  }

  /** Takes the key for the next seq of the room, or tells what it was taken for within its time. */
  function takeKey(room: Room, sender: string, key: string, contents: string, at: number) {
    if (insertKey.run(room.id, sender, key, room.head + 1, contents, at).changes > 0) return undefined;
    const first = findKey.get(room.id, sender, key) as UsedKey;
    if (at - first.at <= keyMaxAgeMs) return first;
    deleteKey.run(room.id, sender, key);
    insertKey.run(room.id, sender, key, room.head + 1, contents, at);
    return undefined;
  }

  /** Appends the post whose fields begin at `i`. */
  function appendOne(room: Room, batch: FlatBatch, i: number, results: FlatResults): void {
    const sender = batch[i + 1] as string;
    const at = batch[i + 3] as number;
    const text = batch[i + 4] as string | null;
    const data = batch[i + 5] as string | null;
    const key = batch[i + 6] as string | null;
    if (key !== null) {
      const contents = contentHash(text, data);
      const first = takeKey(room, sender, key, contents, at);
      if (first) {
        pushRepetition(room, first, contents, results);
        return;
      }
    }
    const seq = room.head + 1;
    insertMessage.run(room.id, seq, at, sender, batch[i + 2] as string, text, data);
    insertEvent.run(room.eventPrefix + seq, at, room.id, seq);
    room.head = seq;
    results.push(outcome.appended, seq, at, room.epoch);
  }

  /** The same for a change. Its key is taken only when it can be made. */
  function changeOne(room: Room, batch: FlatBatch, i: number, results: FlatResults): void {
    const sender = batch[i + 1] as string;
    const at = batch[i + 3] as number;
    const key = batch[i + 6] as string | null;
    const contents = changeHash(batch[i + 7] as number, batch[i + 4] as string | null);
    const first = key === null ? undefined : (findKey.get(room.id, sender, key) as UsedKey | undefined);
    if (first !== undefined && at - first.at <= keyMaxAgeMs) {
      pushRepetition(room, first, contents, results);
      return;
    }
    const refusal = changes.refusal(room.id, { batch, i });
    if (refusal !== undefined) {
      results.push(refusal, 0, 0, room.epoch);
      return;
    }
    if (key !== null) takeKey(room, sender, key, contents, at);
    const seq = room.head + 1;
    changes.store(room.id, { batch, i }, { seq, eventId: eventIdOf('message.changed', room.name, room.epoch, seq) });
    room.head = seq;
    results.push(outcome.appended, seq, at, room.epoch);
  }

  /** @throws RoomChanged when a remembered room is not what it was */
  function appendAll(batch: FlatBatch, remembered: Rooms): { rooms: Rooms; results: FlatResults } {
    const rooms = new Map<string, Room | undefined>();
    const results: FlatResults = [];
    for (let i = 0; i < batch.length; i += WRITE_FIELDS) {
      const name = batch[i] as string;
      if (!rooms.has(name)) rooms.set(name, remembered.get(name) ?? openRoom(name));
      const room = rooms.get(name);
      const epoch = batch[i + 9];
      if (!room || (epoch !== null && epoch !== room.epoch)) results.push(outcome.noRoom, 0, 0, '');
      else if (batch[i + 7] === null) appendOne(room, batch, i, results);
      else changeOne(room, batch, i, results);
    }
    for (const room of rooms.values())
      if (room && moveHead.run(room.head, room.id, room.epoch).changes === 0) throw new RoomChanged();
    return { rooms, results };
  }

  function inTransaction<T>(run: () => T): T {
    begin.run();
    try {
      const result = run();
      beforeCommit();
      commit.run();
      return result;
    } catch (error) {
      // SQLite ends the transaction by itself on some errors, a full disk among them.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  function appendWith(batch: FlatBatch, remembered: Rooms) {
    try {
      return inTransaction(() => appendAll(batch, remembered));
    } catch (error) {
      if (!(error instanceof RoomChanged)) throw error;
      return inTransaction(() => appendAll(batch, nothing));
    }
  }

  return {
    append(batch) {
      const remembered = known;
      known = nothing;
      const { rooms, results } = appendWith(batch, remembered);
      known = rooms;
      return results;
    },
    probe: () => inTransaction(() => database.exec('UPDATE feed_state SET epoch = epoch')),
  };
}
