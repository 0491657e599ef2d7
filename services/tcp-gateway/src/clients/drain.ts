import type { Server, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientConnection } from './client-connection.ts';

export type DrainOptions = {
  server: Server;
  /** Connections that have not shown what they speak; nothing is owed to them. */
  undecided: Map<string, Socket>;
  clients: Set<ClientConnection>;
  settings: { drainMs: number; drainPerSecond: number };
};

/** Of the time to stop, this part is the clients'; links and the rest are closed after them. */
const clientsPart = 0.8;

/**
 * Sends everybody away calmly: takes nobody in, tells each client when to come back (spread, so that only so many do in
 * one second), answers what they have asked, and closes. Whoever is left at the deadline is cut off.
 */
export async function drainClients({ server, undecided, clients, settings }: DrainOptions): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  for (const socket of undecided.values()) socket.destroy();
  const spreadMs = (clients.size / settings.drainPerSecond) * 1000;
  for (const client of clients) client.drain(Math.floor(spreadMs * Math.random()));
  await Promise.race([closed, delay(settings.drainMs * clientsPart, undefined, { ref: false })]);
  for (const client of clients) client.abort();
  await closed;
}
