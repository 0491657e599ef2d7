import type { DiscoveryMessage } from '@parley/common/contracts/discovery';
import { ParleyError } from '@parley/common/runtime/errors';
import { silentLogger } from '@parley/common/runtime/logger';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Announcer, type AnnouncerOptions } from './announcer.ts';
import { NetError } from './net-error.ts';
import type { RegistryAnswer } from './registry-connection.ts';
import { RequestStamps } from './request-stamps.ts';

const announced = {
  name: 'chat-ws',
  instance: 'a1',
  version: '1',
  address: '127.0.0.1',
  ports: { http: 8081 },
  main: 'http',
};
const open: Announcer[] = [];
afterEach(() => Promise.all(open.splice(0).map((announcer) => announcer.withdraw())));

/** A registry that answers with what the test decides, and notes what it was sent. */
function announcing(
  answer: (message: DiscoveryMessage) => RegistryAnswer | Error | 'silence',
  options: Partial<AnnouncerOptions> = {},
) {
  const sent: DiscoveryMessage[] = [];
  const stamps = new RequestStamps();
  const request = (message: DiscoveryMessage, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise<RegistryAnswer>((resolve, reject) => {
      sent.push(message);
      const given = answer(message);
      if (given instanceof Error) reject(given);
      else if (given !== 'silence') resolve(given);
      signal?.addEventListener('abort', () => reject(new NetError('CLOSED', 'given up')));
    });
  const retry = { baseMs: 10, maxMs: 20 };
  const announcer = new Announcer({
    connection: { request, stamps },
    announced,
    log: silentLogger(),
    retry,
    ...options,
  });
  open.push(announcer);
  return { announcer, sent, stamps, types: () => sent.map(({ type }) => type) };
}

describe('Announcer', () => {
  it('announces, then renews three times a lease', async () => {
    const { sent, types } = announcing(() => ({ type: 'ok', leaseMs: 90 }));
    const startedAt = performance.now();
    await vi.waitFor(() => expect(sent.length).toBeGreaterThanOrEqual(4));
    expect(types().slice(0, 4)).toEqual(['announce', 'renew', 'renew', 'renew']);
    // The first wait is that before it was registered.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(2 * 0.8 * 30);
  });

  it('gives up a round without an answer and begins the next', async () => {
    const { announcer, types } = announcing(() => 'silence');
    await vi.waitFor(() => expect(types().length).toBeGreaterThanOrEqual(3));
    expect(announcer.isRegistered).toBe(false);
  });

  it('announces at once when the registry has forgotten it', async () => {
    let forgot = false;
    const sentAt: number[] = [];
    const { types } = announcing((message) => {
      sentAt.push(performance.now());
      if (message.type !== 'renew' || forgot) return { type: 'ok', leaseMs: 900 };
      forgot = true;
      return new ParleyError('NOT_FOUND', 'announce again');
    });
    await vi.waitFor(() => expect(types().length).toBeGreaterThanOrEqual(3));
    expect(types().slice(0, 3)).toEqual(['announce', 'renew', 'announce']);
    // Not only when the next renewal would be due.
    expect(sentAt[2]! - sentAt[1]!).toBeLessThan(200);
  });

  it('begins a new epoch when its stamps are refused', async () => {
    let refused = false;
    const { announcer, stamps } = announcing(() => {
      if (refused) return { type: 'ok', leaseMs: 60_000 };
      refused = true;
      return new ParleyError('CONFLICT', 'seen before');
    });
    const before = stamps.next(Date.now());
    await vi.waitFor(() => expect(announcer.isRegistered).toBe(true));
    expect(stamps.next(Date.now()).epoch).toBeGreaterThan(before.epoch);
  });

  it('withdraws once, and is silent then', async () => {
    const { announcer, types } = announcing(() => ({ type: 'ok', leaseMs: 30 }));
    await vi.waitFor(() => expect(announcer.isRegistered).toBe(true));
    await Promise.all([announcer.withdraw(), announcer.withdraw()]);
    const count = types().length;
    expect(types().filter((type) => type === 'withdraw')).toHaveLength(1);
    expect(types().at(-1)).toBe('withdraw');
    await announcer.withdraw();
    expect(types()).toHaveLength(count);
    expect(announcer.isRegistered).toBe(false);
  });

  it('leaves in a short time while names cannot be looked up and nobody answers', async () => {
    const lookup = vi.fn(() => new Promise<string[]>(() => {}));
    const retry = { baseMs: 60_000 };
    const options = { announced: { ...announced, address: 'chat.test' }, lookup, retry };
    const { announcer } = announcing(() => 'silence', options);
    await vi.waitFor(() => expect(lookup).toHaveBeenCalled());
    const startedAt = performance.now();
    await announcer.withdraw();
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
