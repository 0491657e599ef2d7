import { waitFor } from '../../src/wait-for.ts';
import type { Actor } from './actor.ts';
import { compose } from './compose.ts';
import type { Notes } from './notes.ts';
import type { Office } from './office.ts';
import { webSocketJson } from './transports/web-socket-json.ts';

/** Long: a machine may be busy with other things. */
const patience = { timeoutMs: 60_000 };

/** One burst of them is more than a log keeps that is trimmed, and than is kept in memory. */
const BURST = 100;
const LENGTH = 30_000;

/** Far more than the sockets between them take. */
const MOST_BURSTS = 10;

export type PreludeOptions = {
  notes: Notes;
  /** Users, not guests. */
  writer: Actor;
  reader: Actor;
  office: Office;
  /** Never deleted. */
  room: string;
  isTrimmed: boolean;
};

/** Before the storm, for certain, what it may bring or not: a post with a key that is repeated when all is calm, a change, a reader who falls behind, a gap. */
export async function prelude({ notes, writer, reader, office, room, isTrimmed }: PreludeOptions): Promise<void> {
  const isThere = ({ connection, isThere }: Actor) => isThere && connection.transport === webSocketJson;
  for (const actor of [writer, reader]) {
    await waitFor(`${actor.name} to be there`, () => actor.isThere, patience);
    actor.move(webSocketJson, 'close');
    await waitFor(`${actor.name} to be there by JSON`, () => isThere(actor), patience);
  }
  const write = (of: number | undefined, length: number) => {
    const n = notes.nextContent();
    const content = compose(n, { shape: 'text', length, isRich: true });
    writer.write({ room, key: `k${n}`, of, content });
  };
  const answered = () => waitFor('an answer', () => writer.connection.unanswered === 0, patience);

  write(undefined, 5);
  await answered();
  const first = writer.written.at(-1)?.outcome;
  if (first?.is !== 'posted') throw new Error(`the first post of all was ${first?.is}`);
  write(first.seq, 5);
  await answered();

  reader.connection.pause();
  for (let bursts = 0; !((await office.fellBehind()) > 0); bursts += 1) {
    if (bursts === MOST_BURSTS) throw new Error(`who does not read is not behind after ${MOST_BURSTS} bursts`);
    for (let i = 0; i < BURST; i += 1) write(undefined, LENGTH);
    await answered();
  }
  reader.connection.resume();
  if (!isTrimmed) return;

  await waitFor(
    'the beginning to be trimmed',
    async () => ((await office.page(room, { after: 0, limit: 1 })).messages[0]?.seq ?? 0) > BURST / 4,
    patience,
  );
  writer.join(room, { epoch: first.epoch, seq: first.seq });
  await answered();
  await waitFor('the gap', () => (writer.look.positions.get(room)?.seq ?? 0) > first.seq, patience);
}
