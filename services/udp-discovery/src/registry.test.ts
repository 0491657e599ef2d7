import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Announcement, Registry } from './registry.ts';

const LEASE_MS = 15_000;
const chat = (instance: string, more: Partial<Announcement> = {}): Announcement => ({
  name: 'chat-ws',
  instance,
  version: '1.0.0',
  address: '127.0.0.1',
  ports: { http: 8081 },
  main: 'http',
  ...more,
});
const stamp = (sequence: number, epoch = 1) => ({ epoch: BigInt(epoch), sequence: BigInt(sequence) });
const at = (now: number, sequence: number, epoch = 1) => ({ stamp: stamp(sequence, epoch), now, leaseMs: LEASE_MS });
const instancesOf = (registry: Registry, now: number) =>
  registry.locate('chat-ws', now).map(({ instance }) => instance);

let registry: Registry;
beforeEach(() => {
  registry = new Registry({ maxInstances: 3, rememberMs: 60_000 });
});

describe('U10 a lease', () => {
  it('goes from up over suspect to gone by time alone', () => {
    registry.announce(chat('a'), at(0, 1));
    const stateAt = (now: number) => registry.find('chat-ws', 'a', now)?.state;
    expect([0, 9_999, 10_000, 14_999, 15_000].map(stateAt)).toEqual(['up', 'up', 'suspect', 'suspect', undefined]);
    expect(registry.names(14_999)).toEqual(['chat-ws']);
    expect(registry.names(15_000)).toEqual([]);
    expect(registry.expire(15_000).map(({ instance }) => instance)).toEqual(['a']);
    expect(registry.size).toBe(0);
  });

  it('begins again with each renewal, also of a suspect', () => {
    registry.announce(chat('a'), at(0, 1));
    registry.renew('chat-ws', 'a', { ...at(12_000, 2), load: 500 });
    expect(registry.find('chat-ws', 'a', 26_999)).toMatchObject({ load: 500, expiresInMs: 1 });
    expect(registry.find('chat-ws', 'a', 21_999)?.state).toBe('up');
    expect(registry.find('chat-ws', 'a', 27_000)).toBeUndefined();
  });

  it('cannot be renewed once it has ended: the instance has to announce itself again', () => {
    registry.announce(chat('a'), at(0, 1));
    const renew = () => registry.renew('chat-ws', 'a', at(15_000, 2));
    expect(renew).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    registry.announce(chat('a'), at(15_001, 3));
    expect(instancesOf(registry, 15_001)).toEqual(['a']);
  });

  it('ends at once when it is withdrawn, and withdrawing twice is fine', () => {
    registry.announce(chat('a'), at(0, 1));
    registry.withdraw('chat-ws', 'a', stamp(2), 1);
    registry.withdraw('chat-ws', 'a', stamp(3), 2);
    expect(instancesOf(registry, 2)).toEqual([]);
    expect(registry.size).toBe(0);
  });
});

describe('U10 locate', () => {
  it('names suspects only where nobody is up', () => {
    registry.announce(chat('a'), at(0, 1));
    registry.announce(chat('b'), at(5_000, 1));
    expect(instancesOf(registry, 9_000)).toEqual(['a', 'b']);
    expect(instancesOf(registry, 12_000)).toEqual(['b']);
    registry.withdraw('chat-ws', 'b', stamp(2), 12_000);
    expect(instancesOf(registry, 12_000)).toEqual(['a']);
  });

  it('names the least busy first', () => {
    registry.announce(chat('a', { load: 900 }), at(0, 1));
    registry.announce(chat('b', { load: 100 }), at(0, 1));
    registry.announce(chat('c'), at(0, 1));
    expect(instancesOf(registry, 0)).toEqual(['c', 'b', 'a']);
    expect(registry.list('chat-ws', 0).map(({ instance }) => instance)).toEqual(['a', 'b', 'c']);
  });

  it('finds by tag', () => {
    registry.announce(chat('a', { tags: ['eu'] }), at(0, 1));
    registry.announce(chat('b'), at(0, 1));
    expect(registry.locate('chat-ws', 0, 'eu').map(({ instance }) => instance)).toEqual(['a']);
    expect(registry.locate('chat-ws', 0, 'us')).toEqual([]);
  });

  it('is bounded', () => {
    for (const instance of ['a', 'b', 'c']) registry.announce(chat(instance), at(0, 1));
    expect(() => registry.announce(chat('d'), at(0, 1))).toThrow(expect.objectContaining({ code: 'LIMIT_REACHED' }));
    registry.announce(chat('a', { version: '2.0.0' }), at(0, 2));
    expect(registry.find('chat-ws', 'a', 0)?.version).toBe('2.0.0');
  });

  it('counts a change, not a renewal', () => {
    const { revision } = registry;
    registry.announce(chat('a'), at(0, 1));
    expect(registry.revision).toBe(revision + 1);
    registry.renew('chat-ws', 'a', at(1, 2));
    registry.announce(chat('a'), at(2, 3));
    expect(registry.revision).toBe(revision + 1);
    registry.expire(LEASE_MS + 2);
    expect(registry.revision).toBe(revision + 2);
  });
});

describe('U9 stamps', () => {
  it('keeps what is old from having an effect', () => {
    registry.announce(chat('a'), at(0, 5));
    const old = expect.objectContaining({ code: 'CONFLICT' });
    expect(() => registry.announce(chat('a', { address: '10.9.9.9' }), at(1, 5))).toThrow(old);
    expect(() => registry.withdraw('chat-ws', 'a', stamp(4), 1)).toThrow(old);
    expect(() => registry.renew('chat-ws', 'a', at(1, 9, 0))).toThrow(old);
    registry.withdraw('chat-ws', 'a', stamp(6), 2);
    expect(() => registry.announce(chat('a'), at(3, 5))).toThrow(old);
    expect(instancesOf(registry, 3)).toEqual([]);
  });

  it('lets a new run of the process begin again', () => {
    registry.announce(chat('a'), at(0, 500, 1));
    registry.announce(chat('a', { version: '2' }), at(1, 1, 2));
    expect(registry.find('chat-ws', 'a', 1)?.version).toBe('2');
  });

  it('are remembered for a while after the instance is gone, and as long as it is there', () => {
    registry.announce(chat('a'), at(0, 1));
    registry.announce(chat('b'), at(0, 1));
    registry.withdraw('chat-ws', 'a', stamp(2), 0);
    for (let now = 5_000; now < 60_000; now += 5_000) {
      registry.renew('chat-ws', 'b', at(now, now));
      registry.expire(now);
    }
    expect(() => registry.announce(chat('a'), at(59_999, 1))).toThrow();
    registry.renew('chat-ws', 'b', at(60_000, 60_000));
    registry.expire(60_000);
    registry.announce(chat('a'), at(60_000, 1));
  });

  it('make any order, doubling and loss of requests end where the last one says', () => {
    const request = fc.constantFrom('announce', 'renew', 'withdraw');
    const history = fc.array(request, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.nat(1000)), (sent, choices) => {
        const shuffled = new Registry({ maxInstances: 3, rememberMs: 60_000 });
        const datagrams = sent.flatMap((kind, index) =>
          Array.from({ length: 2 }, () => ({ kind, sequence: index + 1 })),
        );
        datagrams.sort(() => (choices.next().value as number) - 500);
        let latest = { kind: 'withdraw', sequence: 0 };
        let isListed = false;
        for (const { kind, sequence } of datagrams) {
          try {
            if (kind === 'announce') shuffled.announce(chat('a'), at(0, sequence));
            if (kind === 'renew') shuffled.renew('chat-ws', 'a', at(0, sequence));
            if (kind === 'withdraw') shuffled.withdraw('chat-ws', 'a', stamp(sequence), 0);
          } catch {
            continue;
          }
          expect(sequence).toBeGreaterThan(latest.sequence);
          latest = { kind, sequence };
          isListed = kind !== 'withdraw';
        }
        expect(shuffled.find('chat-ws', 'a', 0) !== undefined).toBe(isListed);
        expect(shuffled.size).toBe(isListed ? 1 : 0);
      }),
    );
  });
});
