import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { closeCodes } from '@parley/common/contracts/chat/close-code';
import type { CommitQueue } from '../log/commit-queue.ts';
import { spreadReturns } from './spread-returns.ts';

/** A connection as the drain sees it. */
export interface Drainable {
  /** Clients that come back when this connection ends. */
  readonly sessions: number;
  /** Whether they are behind a gateway, which sees to their pace. */
  readonly isLink: boolean;
  /** Tells the other end when to come back: a client after so many ms, a gateway with so many of its sessions in a second. */
  drain(when: number): void;
  /** Nothing more is read: the connection is about to be closed. */
  stopReading(): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

export type DrainOptions = {
  settings: { drainPerSecond: number; drainGraceMs: number };
  commits: Pick<CommitQueue, 'drain' | 'giveUp'>;
  /** Whether another node takes clients in meanwhile. */
  hasOthers: boolean;
  /** Until every connection must be closed, in ms. */
  withinMs: number;
};

/** Of that time, this much is kept for close frames to be answered and for what is released afterwards. */
const closingMs = 1_500;

/** However late it is, what has been accepted is given this long to be committed. */
const commitMs = 250;

/** Connections that are told, or ended, in one turn of the loop: a ticket costs some 20 µs. */
const perTurn = 200;

/**
 * Sends everybody away calmly: each client is told when to come back, spread so that only so many do in one second, and has its ticket;
 * a gateway is told how many of its clients may come in a second. Where another node takes them in, they are served here until their time
 * has come. Where there is none, they would come back to nobody for as long as this process is there: it makes way at once, and they find
 * the one that follows it when their time has come. Then what was accepted is committed and answered; what the database does not take in
 * time is answered UNAVAILABLE. What is still connected is closed with 1012.
 */
export async function drain(
  connections: ReadonlySet<Drainable>,
  { settings, commits, hasOthers, withinMs }: DrainOptions,
): Promise<void> {
  const commitBy = performance.now() + withinMs - closingMs;
  if (connections.size > 0) {
    const { drainPerSecond, drainGraceMs } = settings;
    const links = [...connections].filter(({ isLink }) => isLink).map(({ sessions }) => sessions);
    const { nextMs, shareOf, spreadMs } = spreadReturns(connections.size - links.length, links, drainPerSecond);
    await inTurns(connections, (connection) =>
      connection.drain(connection.isLink ? shareOf(connection.sessions) : nextMs()),
    );
    const stayMs = (hasOthers ? spreadMs : 0) + drainGraceMs;
    await untilEmpty(connections, Math.min(performance.now() + stayMs, commitBy));
  }
  for (const connection of connections) connection.stopReading();
  const committing = delay(Math.max(commitMs, commitBy - performance.now()), undefined, { ref: false });
  await Promise.race([commits.drain(), committing]);
  commits.giveUp();
  await inTurns(connections, (connection) => connection.close(closeCodes.restart, 'restart'));
  await untilEmpty(connections, performance.now() + closingMs / 2);
  for (const connection of connections) connection.terminate();
}

/** Does something for each of many without keeping the loop from everything else. Those that go meanwhile are passed over. */
async function inTurns(connections: ReadonlySet<Drainable>, task: (connection: Drainable) => void): Promise<void> {
  let done = 0;
  for (const connection of connections) {
    task(connection);
    done += 1;
    if (done % perTurn === 0) await nextTurn();
  }
}

/** Resolves when all have gone, or at `until`, a time of `performance.now()`. */
async function untilEmpty(connections: ReadonlySet<Drainable>, until: number): Promise<void> {
  for (let left = until - performance.now(); connections.size > 0 && left > 0; left = until - performance.now())
    await delay(Math.min(20, left));
}
