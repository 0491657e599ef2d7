import fc from 'fast-check';
import { expect, test } from 'vitest';
import { range, TestOutlet, TestRoom } from './test-room.ts';

/**
 * Whatever happens in whatever order, in two rooms with clients in one or both, a subscriber is given a prefix of the log from its place on, in order, each entry once; what is
 * missing was trimmed and is told; and when everything has come to rest and its socket drains, it has been given everything. Nobody is given
 * what a message said before a change that was committed when they came, and in the end everybody knows what it says now.
 */

type Step = { room: number } & (
  | { do: 'commit'; count: number; bytes: number }
  | { do: 'join'; back: number; stuck: boolean; as: number }
  | { do: 'change'; back: number }
  | { do: 'leave' | 'drain' | 'toggle'; who: number }
  | { do: 'turn' | 'answer' | 'hold' | 'settle' | 'delay' | 'committing' }
  | { do: 'pass'; ms: number }
  | { do: 'fail'; count: number }
  | { do: 'trim'; keep: number }
);

/** One of two rooms. */
const room = fc.nat(1);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      room,
      do: fc.constant('commit' as const),
      count: fc.integer({ min: 1, max: 12 }),
      bytes: fc.integer({ min: 8, max: 60 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      room,
      do: fc.constant('join' as const),
      back: fc.integer({ min: -2, max: 30 }),
      stuck: fc.boolean(),
      as: fc.nat(9),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ room, do: fc.constant('change' as const), back: fc.nat(12) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      room,
      do: fc.constantFrom('leave' as const, 'drain' as const, 'drain' as const, 'toggle' as const),
      who: fc.nat(9),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      room,
      do: fc.constantFrom(
        'turn' as const,
        'turn' as const,
        'turn' as const,
        'answer' as const,
        'hold' as const,
        'settle' as const,
        'delay' as const,
        'committing' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ room, do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 100 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ room, do: fc.constant('fail' as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ room, do: fc.constant('trim' as const), keep: fc.integer({ min: 0, max: 20 }) }),
  },
);

type Client = {
  outlet: TestOutlet;
  room: TestRoom;
  from: number;
  /** What the room's messages said when it came: the version of each entry. */
  versions: number[];
  /** How much of what its outlet got has been looked at. */
  begin: number;
  subscriber: ReturnType<TestRoom['feed']['add']>;
  left: boolean;
};

class World {
  readonly rooms: readonly [TestRoom, TestRoom];
  readonly clients: Client[] = [];

  constructor() {
    const limits = {
      behindBytes: 150,
      lowBytes: 30,
      chunkBytes: 70,
      readEntries: 5,
      readsAtOnce: 2,
      catchUpBytesPerTurn: 200,
      catchUpChunksPerTurn: 3,
      walkPerTurn: 2,
      largeRoom: 4,
      tailBytesPerRoom: 3_000,
    };
    const lobby = new TestRoom({ limits });
    this.rooms = [lobby, new TestRoom({ beside: lobby, room: 'attic' })];
  }

  async take(step: Step): Promise<void> {
    const room = this.rooms[step.room]!;
    switch (step.do) {
      case 'commit':
        return room.commit(step.count, step.bytes);
      case 'join': {
        const outlet = this.#outletFor(room, step);
        const from = Math.max(1, room.head + 1 - step.back);
        const versions = versionsOf(room);
        const begin = outlet.got.length;
        this.clients.push({ outlet, room, from, versions, begin, subscriber: room.join(outlet, from), left: false });
        return;
      }
      case 'change': {
        const messages = room.log.filter(({ of }) => of === undefined);
        const message = messages.at(-1 - step.back);
        if (message !== undefined) room.change(message.seq);
        return;
      }
      case 'delay':
        room.delayed = !room.delayed;
        return room.delayed ? undefined : room.deliver();
      case 'committing':
        this.rooms[0].committing = !this.rooms[0].committing;
        return;
      case 'turn':
        room.scheduler.takeTurn();
        return Promise.resolve();
      case 'pass':
        return room.scheduler.pass(step.ms);
      case 'answer':
        return room.answer();
      case 'hold':
        room.held = !room.held;
        return;
      case 'fail':
        room.failures += step.count;
        return;
      case 'trim':
        return room.trim(room.head + 1 - step.keep);
      case 'settle':
        return room.settle();
      default:
        this.#touch(step.do, step.who);
    }
  }

  /** That of somebody who has been in the other room only, or a new one. */
  #outletFor(room: TestRoom, { as, back, stuck }: { as: number; back: number; stuck: boolean }): TestOutlet {
    const other = this.clients[as];
    const isInBoth = this.clients.some((client) => client.outlet === other?.outlet && client.room === room);
    if (other !== undefined && !isInBoth) return other.outlet;
    return new TestOutlet({ stuck, format: back % 2 === 0 ? 'plain' : 'other' });
  }

  #touch(what: 'leave' | 'drain' | 'toggle', who: number): void {
    const client = this.clients[who % Math.max(1, this.clients.length)];
    if (client === undefined || client.left) return;
    if (what === 'drain') client.outlet.drain();
    if (what === 'toggle') {
      client.outlet.stuck = !client.outlet.stuck;
      if (!client.outlet.stuck) client.outlet.drain();
    }
    if (what === 'leave') {
      client.room.feed.remove(client.subscriber);
      client.left = true;
    }
  }

  /** Lets everything come to rest with sockets that drain. */
  async rest(): Promise<void> {
    for (const room of this.rooms) {
      room.delayed = false;
      room.deliver();
      room.held = false;
      room.answer();
    }
    for (const { outlet } of this.clients) {
      outlet.stuck = false;
      outlet.drain();
    }
    await this.rooms[0].settle();
  }

  /** The places that a client was given or told of in a room, in order, without a hole. */
  covered({ outlet, room }: Client): number[] {
    return outlet.got.flatMap((item) => {
      const [, mark, from, to] = /^(attic:)?(?:gap )?(\d+)(?:-(\d+))?(?:[>~].*)?$/.exec(`${item}`) ?? [];
      if ((mark === undefined) !== (room === this.rooms[0])) return [];
      return range(Number(from), Number(to ?? from));
    });
  }

  /** The entries that a client was given in a room, with the version that each of them told. */
  told({ outlet, room, begin }: Client): { seq: number; of: number | undefined; version: number }[] {
    return outlet.got.slice(begin).flatMap((item) => {
      const [, mark, seq, of, version] = /^(attic:)?(\d+)(?:>(\d+))?(?:~(\d+))?$/.exec(`${item}`) ?? [];
      if (seq === undefined || (mark === undefined) !== (room === this.rooms[0])) return [];
      return [{ seq: Number(seq), of: of === undefined ? undefined : Number(of), version: Number(version ?? 0) }];
    });
  }

  /** The same since it was asked for last. */
  toldNow(client: Client): ReturnType<World['told']> {
    const { begin } = client;
    client.begin = client.outlet.got.length;
    return this.told({ ...client, begin });
  }

  /** The last version of each message that a client was told of. */
  known(client: Client): Map<number, number> {
    return new Map(this.told({ ...client, begin: 0 }).map(({ seq, of, version }) => [of ?? seq, version]));
  }
}

/** The same by what the room's feed has been told of. */
function publishedVersionsOf({ log, feed }: TestRoom): number[] {
  const versions: number[] = [];
  for (const { seq, of, version } of log) {
    if (of === undefined || seq > feed.head || version === undefined) continue;
    const earlier = log.slice(of, seq).filter((entry) => entry.of === of);
    versions[of] = earlier.length;
    for (const change of earlier) versions[change.seq] = earlier.length;
  }
  return versions;
}

/** By `seq`; of what is not there, nothing has been said. */
function versionsOf({ log }: TestRoom): number[] {
  return [0, ...log.map(({ version = 0 }) => version)];
}

test('any interleaving gives every subscriber a gapless ordered prefix, and in the end everything', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }), async (steps) => {
      const world = new World();
      for (const step of steps) {
        const published = new Map(world.rooms.map((room) => [room, publishedVersionsOf(room)]));
        await world.take(step);
        for (const client of world.clients) {
          const covered = world.covered(client);
          expect(covered).toEqual(range(client.from, client.from + covered.length - 1));
          expect(client.outlet.mostPending).toBeLessThanOrEqual(150 + 150);
          for (const { seq, version } of world.toldNow(client)) {
            expect(version).toBeGreaterThanOrEqual(client.versions[seq] ?? 0);
            expect(version).toBeGreaterThanOrEqual(published.get(client.room)?.[seq] ?? 0);
          }
        }
      }
      await world.rest();
      for (const client of world.clients.filter(({ left }) => !left)) {
        expect(world.covered(client)).toEqual(range(client.from, client.room.head));
        expect(client.subscriber.state).toBe('live');
        // A gap may have swallowed a change.
        if (client.outlet.got.some((item) => `${item}`.includes('gap'))) continue;
        const now = versionsOf(client.room);
        for (const [seq, version] of world.known(client)) expect(version).toBe(now[seq]);
      }
      expect(world.rooms[0].fanout.stats.behind).toBe(0);
    }),
    { numRuns: 500 },
  );
}, 60_000);
