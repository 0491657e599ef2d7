import { expect, test, vi } from 'vitest';
import type { Chat } from './chat.ts';
import type { Peer } from './sessions/peer.ts';
import { Session } from './sessions/session.ts';
import { sweep } from './sweep.ts';

test('a clock of the machine that is put back keeps nobody in who has not said who it is', () => {
  vi.useFakeTimers();
  try {
    const ends: number[] = [];
    const peer = { send() {}, end: (code: number) => void ends.push(code) } as unknown as Peer;
    const session = new Session({ number: 1, peer, address: '192.0.2.1', authBy: performance.now() + 1_000 });
    const metrics = { limited: { inc() {} } };
    const chat = { sessions: { values: () => [session] }, now: Date.now, metrics } as unknown as Chat;
    const beats: number[] = [];
    const connections = [{ beat: (now: number) => void beats.push(now) }];
    sweep(chat, connections);
    expect(ends).toEqual([]);
    vi.setSystemTime(0);
    vi.advanceTimersByTime(1_000);
    sweep(chat, connections);
    expect(ends).toEqual([4401]);
    expect(beats[1]! - beats[0]!).toBe(1_000);
  } finally {
    vi.useRealTimers();
  }
});

test('who is being authenticated is not sent away for being late', () => {
  const ends: number[] = [];
  const peer = { send() {}, end: (code: number) => void ends.push(code) } as unknown as Peer;
  const session = new Session({ number: 1, peer, address: '192.0.2.1', authBy: performance.now() - 1 });
  const chat = {
    sessions: { values: () => [session] },
    now: Date.now,
    metrics: { limited: { inc() {} } },
  } as unknown as Chat;
  session.inbox = { messages: [], bytes: 0 };
  sweep(chat, []);
  expect(ends).toEqual([]);
  session.inbox = undefined;
  sweep(chat, []);
  expect(ends).toEqual([4401]);
});
