import type { Server } from 'node:http';
import type { Closers } from '@parley/common/runtime/closers';
import type { Chat } from '../chat.ts';
import { sweep, sweepEveryMs } from '../sweep.ts';
import { drain } from './drain.ts';
import type { Endpoint } from './endpoint.ts';

/** Looks after the connections of a server that listens, by one timer for all, and sends everybody away when the service stops. */
export function keepConnections(
  chat: Chat,
  { server, endpoint, closers }: { server: Server; endpoint: Endpoint; closers: Closers },
): void {
  const { settings, commits } = chat;
  const { pingMs, pongMs, authMs, ticketEveryMs, drainMs } = settings;
  const everyMs = sweepEveryMs([pingMs, pongMs, authMs, ticketEveryMs]);
  const timer = setInterval(() => sweep(chat, endpoint.connections), everyMs);
  closers.push('sweep', () => clearInterval(timer));
  let stopBy = 0;
  closers.closing.addEventListener('abort', () => {
    stopBy = performance.now() + drainMs;
  });
  closers.push('clients', async () => {
    server.close();
    const withinMs = stopBy - performance.now();
    const hasOthers = (chat.cluster?.nodes ?? 0) > 0;
    await drain(endpoint.connections, { settings, commits, hasOthers, withinMs });
  });
}
