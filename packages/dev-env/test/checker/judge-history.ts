import { briefly } from './content.ts';
import type { HistoryRead, Log } from './story.ts';
import type { Versions } from './versions.ts';

/** Whether a page of history has exactly the messages of its stretch of the log. Gives a sentence for the first thing that is wrong. */
export function judgeHistory(read: HistoryRead, versions: Versions, log: Log | undefined): string[] {
  const { reader, room, messages, before = Number.POSITIVE_INFINITY, after, since } = read;
  const where = `history of ${room} for ${reader}`;
  const first = messages[0]?.seq;
  const last = messages.at(-1)?.seq;
  for (const [i, { seq, shown }] of messages.entries()) {
    const previous = messages[i - 1]?.seq ?? after ?? 0;
    if (seq <= previous || seq >= before) return [`${where}: ${seq} behind ${previous}, before ${before}`];
    if (!versions.mayShow({ seq, of: undefined, shown }, since)) return [`${where}: ${seq} said ${briefly(shown)}`];
  }
  if (log === undefined || first === undefined || last === undefined) return [];
  const listed = new Set(messages.map(({ seq }) => seq));
  const begin = after === undefined ? first : after + 1;
  const left = log.entries.find(({ seq, of }) => of === undefined && seq >= begin && seq <= last && !listed.has(seq));
  return left === undefined ? [] : [`${where}: from ${begin} to ${last} without ${left.seq}`];
}
