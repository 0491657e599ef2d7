import fc from 'fast-check';
import { expect, test } from 'vitest';
import { range, TestOutlet, TestRoom } from './test-room.ts';

/**
 * Whatever happens in whatever order, a subscriber is given a prefix of the log from its place on, in order, each entry once; what is
 * missing was trimmed and is told; and when everything has come to rest and its socket drains, it has been given everything.
 */

type Step =
  | { do: 'commit'; count: number; bytes: number }
  | { do: 'join'; back: number; stuck: boolean }
  | { do: 'leave' | 'drain' | 'toggle'; who: number }
  | { do: 'turn' | 'answer' | 'hold' | 'settle' }
  | { do: 'pass'; ms: number }
  | { do: 'fail'; count: number }
  | { do: 'trim'; keep: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      count: fc.integer({ min: 1, max: 12 }),
      bytes: fc.integer({ min: 8, max: 60 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      back: fc.integer({ min: -2, max: 30 }),
      stuck: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('leave' as const, 'drain' as const, 'drain' as const, 'toggle' as const),
      who: fc.nat(9),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'turn' as const,
        'turn' as const,
        'turn' as const,
        'answer' as const,
        'hold' as const,
        'settle' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 100 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const), keep: fc.integer({ min: 0, max: 20 }) }) },
);

type Client = { outlet: TestOutlet; from: number; subscriber: ReturnType<TestRoom['feed']['add']>; left: boolean };

class World {
  readonly room = new TestRoom({
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
  });
  readonly clients: Client[] = [];

  async take(step: Step): Promise<void> {
    const { room } = this;
    switch (step.do) {
      case 'commit':
        return room.commit(step.count, step.bytes);
      case 'join': {
        const outlet = new TestOutlet({ stuck: step.stuck, format: step.back % 2 === 0 ? 'plain' : 'other' });
        const from = Math.max(1, room.head + 1 - step.back);
        this.clients.push({ outlet, from, subscriber: room.feed.add(outlet, { next: from }), left: false });
        return;
      }
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

  #touch(what: 'leave' | 'drain' | 'toggle', who: number): void {
    const client = this.clients[who % Math.max(1, this.clients.length)];
    if (client === undefined || client.left) return;
    if (what === 'drain') client.outlet.drain();
    if (what === 'toggle') {
      client.outlet.stuck = !client.outlet.stuck;
      if (!client.outlet.stuck) client.outlet.drain();
    }
    if (what === 'leave') {
      this.room.feed.remove(client.subscriber);
      client.left = true;
    }
  }

  /** Lets everything come to rest with sockets that drain. */
  async rest(): Promise<void> {
    this.room.held = false;
    this.room.answer();
    for (const { outlet } of this.clients) {
      outlet.stuck = false;
      outlet.drain();
    }
    await this.room.settle();
  }

  /** The places that a client was given or told of, in order, without a hole. */
  covered({ outlet }: Client): number[] {
    return outlet.got.flatMap((item) => {
      if (typeof item === 'number') return [item];
      const [, from, to] = /^gap (\d+)-(\d+)$/.exec(item) ?? [];
      return range(Number(from), Number(to));
    });
  }
}

test('any interleaving gives every subscriber a gapless ordered prefix, and in the end everything', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80 }), async (steps) => {
      const world = new World();
      for (const step of steps) {
        await world.take(step);
        for (const client of world.clients) {
          const covered = world.covered(client);
          expect(covered).toEqual(range(client.from, client.from + covered.length - 1));
          expect(client.outlet.mostPending).toBeLessThanOrEqual(150 + 150);
        }
      }
      await world.rest();
      for (const client of world.clients.filter(({ left }) => !left)) {
        expect(world.covered(client)).toEqual(range(client.from, world.room.head));
        expect(client.subscriber.state).toBe('live');
      }
      expect(world.room.fanout.stats.behind).toBe(0);
    }),
    { numRuns: 400 },
  );
}, 60_000);
