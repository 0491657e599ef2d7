import type { DatabaseSync } from 'node:sqlite';
import type { FlatBatch, Outcome } from './append-wire.ts';
import { type ChangeTarget, refusalOf } from './change-target.ts';
import { byLatestChange } from './current-text.ts';

/** A change whose fields begin at `i` of a flat batch. */
export type FlatChange = { batch: FlatBatch; i: number };

/** The statements of changes. They run in the transaction of the batch, in their place between its posts. */
export function prepareChange(database: DatabaseSync) {
  const findTarget = database.prepare(
    `SELECT sender_id, text, data, of_seq FROM messages JOIN rooms ON rooms.id = messages.room_id
     WHERE room_id = ? AND seq = ? AND seq >= rooms.oldest`,
  );
  const amendMessage = database.prepare('UPDATE messages SET text = ?, data = NULL WHERE room_id = ? AND seq = ?');
  const overtake = database.prepare(
    `UPDATE messages ${byLatestChange} SET text = NULL WHERE room_id = ? AND of_seq = ? AND text IS NOT NULL`,
  );
  const insertEntry = database.prepare(
    'INSERT INTO messages (room_id, seq, at, sender_id, sender_name, text, of_seq) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const insertEvent = database.prepare(
    "INSERT INTO events (event_id, type, at, ref_id, ref_seq) VALUES (?, 'message.changed', ?, ?, ?)",
  );

  return {
    /** Why the change cannot be made. */
    refusal(roomId: number, { batch, i }: FlatChange): Outcome | undefined {
      const target = findTarget.get(roomId, batch[i + 7] as number) as ChangeTarget | undefined;
      return refusalOf(target, { senderId: batch[i + 1] as string, any: batch[i + 8] === 1 });
    },
    /** Stores it as the entry `seq`. What the message said before is gone then. */
    store(roomId: number, { batch, i }: FlatChange, { seq, eventId }: { seq: number; eventId: string }): void {
      const at = batch[i + 3] as number;
      const text = batch[i + 4] as string | null;
      const of = batch[i + 7] as number;
      amendMessage.run(text, roomId, of);
      overtake.run(roomId, of);
      insertEntry.run(roomId, seq, at, batch[i + 1] as string, batch[i + 2] as string, text, of);
      insertEvent.run(eventId, at, roomId, seq);
    },
  };
}
