import { setTimeout as delay } from 'node:timers/promises';
import { closeCodes } from '@parley/common/contracts/chat/close-code';
import type { Chat } from '../chat.ts';
import { issueTicket } from '../sessions/session-ticket.ts';
import { ClientConnection } from './client-connection.ts';
import type { Connection } from './endpoint.ts';

export type DrainOptions = {
  /** Until every connection must be closed, in ms. */
  withinMs: number;
  /** From 0 to 1. */
  random(): number;
};

/** Of that time, this much is kept for close frames to be answered and for what is released afterwards. */
const closingMs = 1_500;

/** However late it is, what has been accepted is given this long to be committed. */
const commitMs = 250;

/**
 * Sends everybody away calmly: each client is told when to come back, spread so that only so many do in one second, and has its ticket;
 * then what was accepted is committed and answered, if the database takes it in time, and what is still connected is closed with 1012.
 */
export async function drain(
  chat: Chat,
  connections: ReadonlySet<Connection>,
  { withinMs, random }: DrainOptions,
): Promise<void> {
  const commitBy = performance.now() + withinMs - closingMs;
  if (connections.size > 0) {
    const { drainPerSecond, drainGraceMs } = chat.settings;
    const spreadMs = Math.floor((connections.size / drainPerSecond) * 1_000);
    for (const connection of connections) tell(chat, connection, Math.floor(spreadMs * random()));
    const waitMs = Math.max(0, Math.min(spreadMs + drainGraceMs, withinMs - closingMs));
    await untilEmpty(connections, waitMs);
  }
  for (const connection of connections) connection.pause();
  const committing = delay(Math.max(commitMs, commitBy - performance.now()), undefined, { ref: false });
  await Promise.race([chat.commits.drain(), committing]);
  for (const connection of connections) connection.close(closeCodes.restart, 'restart');
  await untilEmpty(connections, closingMs / 2);
  for (const connection of connections) connection.terminate();
}

function tell(chat: Chat, connection: Connection, reconnectAfterMs: number): void {
  if (!(connection instanceof ClientConnection)) {
    connection.drain(reconnectAfterMs);
    return;
  }
  const { session } = connection;
  const ticket = session.identity && issueTicket(chat, session, session.identity);
  session.send({ type: 'drain', reconnectAfterMs, ticket });
}

/** Resolves when all have gone, or after `ms`. */
async function untilEmpty(connections: ReadonlySet<Connection>, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (connections.size > 0 && performance.now() < until) await delay(Math.min(20, ms));
}
