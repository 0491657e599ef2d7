import { waitFor } from '../../src/wait-for.ts';
import type { Actor } from './actor.ts';
import type { Notes } from './notes.ts';
import type { Office } from './office.ts';
import { readPresence } from './read-presence.ts';
import type { Attempt, Log, LogEntry, Story } from './story.ts';
import type { Ports, Transport } from './told.ts';
import { webSocketJson } from './transports/web-socket-json.ts';

/** Long: a machine may be busy with other things. */
const patience = { timeoutMs: 60_000 };

export type CalmOptions = {
  notes: Notes;
  actors: Actor[];
  office: Office;
  rooms: string[];
  /** Of them, the one that is never deleted. */
  keptRoom: string;
  ports: Ports;
  /** Entries that a log keeps, when it has been trimmed. */
  keptEntries: number;
};

/** After the storm: what was left open is found out, everybody is brought to the head, and all that is stored is read. */
export async function calmDown(options: CalmOptions): Promise<Story> {
  const { notes, actors, office, keptRoom } = options;
  for (const { connection } of actors) {
    connection.cutGhosts();
    connection.resume();
  }
  await ready('everybody is there', () => absentees(actors));
  for (const actor of actors) {
    const hasToAsk = openKeys(actor).length > 0 || firstKept(actor, keptRoom) !== undefined;
    if (!actor.connection.transport.isRich && hasToAsk) actor.move(webSocketJson, 'close');
  }
  await ready('everybody is there again', () => absentees(actors));
  // What was acknowledged first of all is known after all the kills.
  for (const actor of actors) {
    const first = firstKept(actor, keptRoom);
    if (first !== undefined) actor.write(first);
  }
  for (;;) {
    await ready('everything is answered', () => [...absentees(actors), ...busy(actors)]);
    const open = actors.flatMap((actor) => openKeys(actor).map((attempt) => ({ actor, attempt })));
    if (open.length === 0) break;
    for (const { actor, attempt } of open) actor.write(attempt);
  }
  for (const attempt of openOf(office.written)) await office.post(attempt.room, attempt.content, attempt.key);
  const logs = await readQuietLogs(options);
  for (const room of options.rooms) notes.presences.push(await readPresence(options, room, patience));
  for (const actor of actors) actor.look.end();
  return notes.story(logs);
}

/** What came from connections that are gone may still be on its way: reads until nothing has come meanwhile. */
async function readQuietLogs(options: CalmOptions): Promise<Log[]> {
  const { notes, actors, office, rooms } = options;
  for (;;) {
    const heads = new Map(await Promise.all(rooms.map(async (room) => [room, await office.state(room)] as const)));
    const complain = ({ message }: Error) => void notes.complaints.push(message);
    await ready('everybody is at the head', () => laggards(actors, heads)).catch(complain);
    const logs: Log[] = [];
    for (const room of rooms) logs.push(await readLog(options, room));
    const states = await Promise.all(rooms.map((room) => office.state(room)));
    if (states.every(({ head }, i) => head === logs[i]?.head)) return logs;
  }
}

async function ready(what: string, missing: () => string[]): Promise<void> {
  try {
    await waitFor(what, () => missing().length === 0, patience);
  } catch (cause) {
    throw new Error(`in vain it was waited until ${what}: ${missing().join('; ')}`, { cause });
  }
}

function absentees(actors: Actor[]): string[] {
  return actors.flatMap(({ isThere, name, connection }) =>
    isThere ? [] : [`${name} by ${connection.transport.name}`],
  );
}

function busy(actors: Actor[]): string[] {
  return actors.flatMap(({ name, connection }) =>
    connection.unanswered === 0
      ? []
      : [`${name} by ${connection.transport.name} has no answer to ${connection.unanswered}`],
  );
}

function laggards(actors: Actor[], heads: Map<string, { epoch: string; head: number }>): string[] {
  return actors.flatMap(({ name, rooms, look, connection }) =>
    rooms.flatMap((room) => {
      const at = look.positions.get(room);
      const { epoch, head } = heads.get(room) ?? { epoch: '', head: 0 };
      const isThere = at?.epoch === epoch && at.seq >= head;
      return isThere ? [] : [`${name} by ${connection.transport.name} is at ${at?.seq} of ${head} in ${room}`];
    }),
  );
}

function firstKept({ written, user }: Actor, keptRoom: string): Attempt | undefined {
  return written.find(
    ({ sender, room, key, outcome }) =>
      sender === user && room === keptRoom && key !== undefined && outcome.is === 'posted',
  );
}

/** Its own posts with keys of which it is not known what became. */
function openKeys({ written, user }: Actor): Attempt[] {
  return openOf(written.filter(({ sender }) => sender === user));
}

function openOf(written: Attempt[]): Attempt[] {
  const byKey = Map.groupBy(written, ({ room, key, content }) => `${room} ${key} ${JSON.stringify(content)}`);
  const last = [...byKey.values()].flatMap((some) => some.slice(-1));
  return last.filter(({ key, outcome }) => key !== undefined && outcome.is === 'maybe');
}

/** The whole log of a room: changes as a reader is given them, and the messages by history over REST, which has to be the same. */
async function readLog({ notes, office, ports, keptEntries }: CalmOptions, room: string): Promise<Log> {
  const { epoch, head } = await office.state(room);
  const entries = await waitFor(
    `${room} to be trimmed`,
    async () => {
      const read = await readEntries({ ports, room, head, transport: webSocketJson });
      return read.length <= keptEntries ? read : undefined;
    },
    patience,
  );
  const oldest = entries[0]?.seq ?? head + 1;
  const messages = entries.filter(({ of }) => of === undefined);
  for (const way of ['after', 'before'] as const) {
    const listed: number[] = [];
    for (let at = way === 'after' ? 0 : head + 1; ; ) {
      const { messages, more } = await office.page(room, { [way]: at, limit: 100 });
      const seqs = messages.map(({ seq }) => seq);
      if (way === 'after') listed.push(...seqs);
      else listed.unshift(...seqs);
      if (!more || seqs.length === 0) break;
      at = way === 'after' ? (seqs.at(-1) as number) : (seqs[0] as number);
    }
    const isQuiet = (await office.state(room)).head === head;
    if (isQuiet && listed.join() !== messages.map(({ seq }) => seq).join())
      notes.complaints.push(`history of ${room}: ${way} lists other messages than a reader is given`);
  }
  return { room, epoch, oldest, head, entries };
}

type ReadOptions = { ports: Ports; room: string; head: number; transport: Transport };

async function readEntries({ ports, room, head, transport }: ReadOptions): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  let isThere = false;
  const wire = await transport.open(ports, {
    onTold(told) {
      if (told.is === 'answer' && told.answer.is === 'joined') isThere = true;
      if (told.is !== 'entry' || told.seq > head || 'line' in told.shown || 'bytes' in told.shown) return;
      entries.push({ seq: told.seq, of: told.of, from: told.from, content: told.shown });
    },
    onClosed: () => {},
  });
  wire.send({ type: 'auth', id: 1, guest: 'reader' });
  wire.send({ type: 'join', id: 2, room, after: 'start' });
  await waitFor(`the log of ${room}`, () => isThere && (entries.at(-1)?.seq ?? 0) >= head, patience);
  wire.close();
  return entries;
}
