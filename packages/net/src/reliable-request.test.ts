import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { attemptWaits, defaultRetransmission, ReliableRequests } from './reliable-request.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('attemptWaits', () => {
  it('has the times of RFC 7252 §4.8: four retransmissions, given up after at most 93 s', () => {
    expect(attemptWaits(defaultRetransmission, 0)).toEqual([2000, 4000, 8000, 16_000, 32_000]);
    expect(attemptWaits(defaultRetransmission, 1).reduce((sum, wait) => sum + wait)).toBe(93_000);
  });
});

describe('U8 ReliableRequests', () => {
  it('matches answers to their requests, in any order', async () => {
    const requests = new ReliableRequests<string>();
    const send = vi.fn(async () => {});
    const one = requests.request({ key: '1', target: 'peer', send });
    const two = requests.request({ key: '2', target: 'peer', send });
    expect(requests.settle('2', 'b')).toBe(true);
    expect(requests.settle('1', 'a')).toBe(true);
    expect(await Promise.all([one, two])).toEqual(['a', 'b']);
    expect(requests.settle('1', 'late')).toBe(false);
    expect(send).toHaveBeenCalledTimes(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('repeats with doubled waits until the answer comes', async () => {
    const requests = new ReliableRequests<string>(() => 0.5);
    const sentAt: number[] = [];
    const start = Date.now();
    const send = async () => {
      sentAt.push(Date.now() - start);
    };
    const answer = requests.request({ key: '1', target: 'peer', send });
    await vi.advanceTimersByTimeAsync(10_000);
    requests.settle('1', 'at last');
    expect(await answer).toBe('at last');
    expect(sentAt).toEqual([0, 2500, 7500]);
  });

  it('says in the end how many attempts failed, and why each', async () => {
    const requests = new ReliableRequests<string>(() => 0);
    let calls = 0;
    const send = async () => {
      calls += 1;
      if (calls === 2) throw Object.assign(new Error('no route'), { code: 'ENETUNREACH' });
    };
    const retransmission = { ackTimeoutMs: 10, ackRandomFactor: 1.5, maxRetransmissions: 2 };
    const answer = requests.request({ key: '1', target: 'registry', send, retransmission });
    const failed = expect(answer).rejects.toMatchObject({
      code: 'NO_ANSWER',
      message: 'registry: 3 attempts failed, the last: no answer within 40 ms',
      attempts: [
        { target: 'registry', reason: 'no answer within 10 ms' },
        { target: 'registry', reason: 'ENETUNREACH' },
        { target: 'registry', reason: 'no answer within 40 ms' },
      ],
    });
    await vi.advanceTimersByTimeAsync(70);
    await failed;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is given up at once when told to', async () => {
    const requests = new ReliableRequests<string>();
    const stop = new AbortController();
    const answer = requests.request({ key: '1', target: 'peer', send: async () => {}, signal: stop.signal });
    stop.abort();
    await expect(answer).rejects.toMatchObject({ code: 'CLOSED' });
    const after = requests.request({ key: '1', target: 'peer', send: async () => {}, signal: stop.signal });
    await expect(after).rejects.toMatchObject({ code: 'CLOSED' });
    expect(vi.getTimerCount()).toBe(0);
  });
});
