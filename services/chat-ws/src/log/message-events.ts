import type { EventData } from '@parley/common/contracts/events/event';
import type { Database } from '@parley/common/runtime/database';
import type { EventRefRow } from '@parley/common/runtime/event-feed';
import { sql } from 'kysely';
import { currentText } from './current-text.ts';
import { rowToEntry } from './entries.ts';
import type { ChatTables, MessageRow } from './tables.ts';

type Row = MessageRow & { name: string; epoch: string };

/** The data of events of messages, which refer to the entries themselves. Undefined for one that is gone. */
export async function loadMessages(
  { db, kind }: Pick<Database<ChatTables>, 'db' | 'kind'>,
  references: EventRefRow[],
): Promise<(EventData<'message.posted'> | EventData<'message.changed'> | undefined)[]> {
  const wanted = sql.join(
    references.map(({ ref_id, ref_seq }) => sql`(CAST(${ref_id} AS INTEGER), CAST(${ref_seq} AS BIGINT))`),
  );
  const { rows } = await sql<Row>`SELECT rooms.name, rooms.epoch, messages.room_id, messages.seq, messages.at,
      messages.sender_id, messages.sender_name, ${sql.raw(currentText(kind))} AS text, messages.data, messages.of_seq
    FROM messages
    JOIN rooms ON rooms.id = messages.room_id
    WHERE (messages.room_id, messages.seq) IN (VALUES ${wanted})`.execute(db);
  const found = new Map(rows.map((row) => [`${row.room_id}:${row.seq}`, row]));
  return references.map(({ ref_id, ref_seq }) => {
    const row = found.get(`${ref_id}:${ref_seq}`);
    return row && toData(row);
  });
}

function toData(row: Row): EventData<'message.posted'> | EventData<'message.changed'> {
  const { name: room, epoch } = row;
  const { seq, at: ms, from, of, ...content } = rowToEntry(row);
  const at = new Date(ms).toISOString();
  if (of === undefined) return { room, epoch, seq, from, ...content, at };
  return { room, epoch, seq, of, by: from, text: content.text ?? null, at };
}
