import type { LogEntry } from '@parley/common/contracts/log-entry';

/** Entries to be sent together, or up to where they are to be read from the log because one is too long. */
export type Part = { entries: readonly LogEntry[] } | { head: number };

/** Parts a batch so that the JSON of each part has no more than `maxBytes`. */
export function splitEntries(entries: readonly LogEntry[], maxBytes: number): Part[] {
  const parts: Part[] = [];
  let part: LogEntry[] = [];
  let size = 0;
  const end = () => {
    if (part.length > 0) parts.push({ entries: part });
    part = [];
    size = 0;
  };
  for (const entry of entries) {
    const bytes = Buffer.byteLength(JSON.stringify(entry)) + 1;
    if (size + bytes > maxBytes) end();
    if (bytes > maxBytes) parts.push({ head: entry.seq });
    else {
      part.push(entry);
      size += bytes;
    }
  }
  end();
  return parts;
}
