import type { Posted, Seen } from './resuming-client.ts';

export type LogCheck = {
  /** Each room's log as it is stored, in its order. */
  logs: Map<string, Seen[]>;
  /** Every post that was answered `posted`, of all clients. */
  posted: Posted[];
  /** What each client saw of each room that it joined from the beginning. */
  seen: { client: string; room: string; entries: Seen[] }[];
};

/**
 * What must hold however often anything was killed: a log has every seq from 1 on and each post once, where `posted` said; who reads along
 * sees exactly the log. Gives a sentence for each violation. All texts must be different.
 */
export function checkLog({ logs, posted, seen }: LogCheck): string[] {
  return [
    ...[...logs].flatMap(([room, log]) => checkOrder(`the log of ${room}`, log)),
    ...checkPosted(logs, posted),
    ...seen.flatMap(({ client, room, entries }) => checkSeen(`${client} in ${room}`, entries, logs.get(room) ?? [])),
  ];
}

function checkOrder(what: string, entries: Seen[]): string[] {
  return entries.flatMap(({ seq }, i) => (seq === i + 1 ? [] : [`${what}: seq ${seq} stands where ${i + 1} should`]));
}

function checkPosted(logs: Map<string, Seen[]>, posted: Posted[]): string[] {
  const places = new Map<string, string[]>();
  for (const [room, log] of logs) {
    for (const entry of log) places.set(entry.text, [...(places.get(entry.text) ?? []), placeOf(room, entry)]);
  }
  const wrong = posted.flatMap(({ room, text, epoch, seq }) => {
    const found = places.get(text) ?? [];
    const said = placeOf(room, { epoch, seq });
    return found.length === 1 && found[0] === said ? [] : [`"${text}" was posted at ${said} and is at [${found}]`];
  });
  const answered = new Set(posted.map(({ text }) => text));
  const unasked = [...places.keys()].filter((text) => !answered.has(text));
  return [...wrong, ...unasked.map((text) => `"${text}" is in a log and nobody was told so`)];
}

function checkSeen(what: string, entries: Seen[], log: Seen[]): string[] {
  if (entries.length !== log.length) return [`${what} saw ${entries.length} of ${log.length} messages`];
  const at = entries.findIndex((entry, i) => placeOf('', entry) !== placeOf('', log[i]) || entry.text !== log[i]?.text);
  return at < 0 ? [] : [`${what} saw ${JSON.stringify(entries[at])} where the log has ${JSON.stringify(log[at])}`];
}

function placeOf(room: string, entry: Pick<Seen, 'epoch' | 'seq'> | undefined): string {
  return `${room} ${entry?.epoch}:${entry?.seq}`;
}
