import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { closeCodes } from '@parley/common/contracts/chat/close-code';
import type { CommitQueue } from '../log/commit-queue.ts';

/** A connection as the drain sees it. */
export interface Drainable {
  /** Clients that come back when this connection ends. */
  readonly sessions: number;
  /**
   * Tells the other end when to come back. `perSecond`: how many of its sessions may, if it has many; else `afterMs` is for the one that
   * it has.
   */
  drain(told: { afterMs: number; perSecond: number }): void;
  /** Nothing more is read: the connection is about to be closed. */
  stopReading(): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

export type DrainOptions = {
  settings: { drainPerSecond: number; drainGraceMs: number };
  commits: Pick<CommitQueue, 'drain'>;
  /** Whether another node takes clients in meanwhile. */
  hasOthers: boolean;
  /** Until every connection must be closed, in ms. */
  withinMs: number;
  /** From 0 to 1. */
  random(): number;
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
 * the one that follows it when their time has come. Then what was accepted is committed and answered, if the database takes it in
 * time, and what is still connected is closed with 1012.
 */
export async function drain(
  connections: ReadonlySet<Drainable>,
  { settings, commits, hasOthers, withinMs, random }: DrainOptions,
): Promise<void> {
  const commitBy = performance.now() + withinMs - closingMs;
  if (connections.size > 0) {
    const { drainPerSecond, drainGraceMs } = settings;
    let sessions = 0;
    for (const connection of connections) sessions += connection.sessions;
    const spreadMs = Math.floor((sessions / drainPerSecond) * 1_000);
    await inTurns(connections, (connection) => {
      const share = (drainPerSecond * connection.sessions) / Math.max(1, sessions);
      connection.drain({ afterMs: Math.floor(spreadMs * random()), perSecond: Math.max(1, Math.floor(share)) });
    });
    const stayMs = (hasOthers ? spreadMs : 0) + drainGraceMs;
    await untilEmpty(connections, Math.min(performance.now() + stayMs, commitBy));
  }
  for (const connection of connections) connection.stopReading();
  const committing = delay(Math.max(commitMs, commitBy - performance.now()), undefined, { ref: false });
  await Promise.race([commits.drain(), committing]);
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
