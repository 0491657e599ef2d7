import { once } from 'node:events';
import type { Socket } from 'node:net';
import { linkPath } from '@parley/common/contracts/link';
import type { ServiceTokens } from '@parley/common/runtime/service-tokens';
import type { Resolver } from '@parley/net/service-resolver';
import { WebSocket } from 'ws';
import { Link, type LinkOptions } from './link.ts';

/** How long chat-ws may take to answer a close frame. */
const closeTimeout = 1000;

export type OpenLinkOptions = LinkOptions & {
  resolve: Resolver;
  tokens: ServiceTokens;
  connectMs: number;
  messageBytes: number;
};

/** Connects to chat-ws as it is known now. Rejects when that fails, takes too long, or `signal` is aborted. */
export async function openLink(options: OpenLinkOptions, signal: AbortSignal): Promise<Link> {
  const url = linkUrl(await options.resolve());
  const token = await options.tokens.sign('chat-ws');
  signal.throwIfAborted();
  const wsOptions = {
    headers: { authorization: `Bearer ${token}` },
    handshakeTimeout: options.connectMs,
    maxPayload: options.messageBytes,
    perMessageDeflate: false,
    closeTimeout,
  };
  const ws = new WebSocket(url, wsOptions);
  const socket = await opened(ws, signal);
  options.log.info({ url: url.href }, 'a link is open');
  return new Link(ws, socket, options);
}

/** Resolves with the connection below the WebSocket. */
async function opened(ws: WebSocket, signal: AbortSignal): Promise<Socket> {
  let socket: Socket | undefined;
  ws.once('upgrade', (response) => {
    socket = response.socket;
  });
  const giveUp = () => ws.terminate();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await once(ws, 'open');
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  if (socket === undefined) throw new Error('a WebSocket without a connection');
  return socket;
}

/** `http:` and `https:` become `ws:` and `wss:`. */
export function linkUrl(service: URL): URL {
  const url = new URL(linkPath, service);
  url.protocol = service.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}
