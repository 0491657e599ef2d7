import type { DatabaseKind } from '@parley/common/runtime/database';

/** The latest change of each message, if it was no deletion. SQLite, left to itself, would rather look through the whole room. */
export const byLatestChange = 'INDEXED BY messages_by_latest_change';

/**
 * SQL for what an entry of the table `messages` reads now. A change that has been overtaken has no text of its own: the latest change of a
 * message is the only one that has, unless it was a deletion. So a message costs the same to edit however often that has been done, and
 * what it said before is stored nowhere.
 */
export function currentText(kind: DatabaseKind): string {
  return `CASE WHEN messages.text IS NULL AND messages.of_seq IS NOT NULL THEN (
    SELECT latest.text FROM messages AS latest ${kind === 'sqlite' ? byLatestChange : ''}
    WHERE latest.room_id = messages.room_id AND latest.of_seq = messages.of_seq AND latest.of_seq IS NOT NULL
    AND latest.text IS NOT NULL LIMIT 1) ELSE messages.text END`;
}
