import type { EventData } from '@parley/common/contracts/events/event';
import type { EventRefRow } from '@parley/common/runtime/event-feed';
import { type Kysely, sql } from 'kysely';
import { rowToEntry } from './entries.ts';
import type { ChatTables, MessageRow } from './tables.ts';

type Row = MessageRow & { name: string; epoch: string };

/** The data of `message.posted` events, which refer to the messages themselves. Undefined for one that is gone. */
export async function loadMessages(
  db: Kysely<ChatTables>,
  references: EventRefRow[],
): Promise<(EventData<'message.posted'> | undefined)[]> {
  const wanted = sql.join(
    references.map(({ ref_id, ref_seq }) => sql`(CAST(${ref_id} AS INTEGER), CAST(${ref_seq} AS BIGINT))`),
  );
  const { rows } = await sql<Row>`SELECT rooms.name, rooms.epoch, messages.* FROM messages
    JOIN rooms ON rooms.id = messages.room_id
    WHERE (messages.room_id, messages.seq) IN (VALUES ${wanted})`.execute(db);
  const found = new Map(rows.map((row) => [`${row.room_id}:${row.seq}`, row]));
  return references.map(({ ref_id, ref_seq }) => {
    const row = found.get(`${ref_id}:${ref_seq}`);
    return row && toData(row);
  });
}

function toData(row: Row): EventData<'message.posted'> {
  const { name: room, epoch } = row;
  const { at, ...entry } = rowToEntry(row);
  return { room, epoch, ...entry, at: new Date(at).toISOString() };
}
