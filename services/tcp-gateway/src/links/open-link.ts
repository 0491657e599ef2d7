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
  const link = await opened(new WebSocket(url, wsOptions), options, signal);
  options.log.info({ url: url.href }, 'a link is open');
  return link;
}

/** The link begins in the turn in which the WebSocket opens: what chat-ws says at once is not missed. */
async function opened(ws: WebSocket, options: LinkOptions, signal: AbortSignal): Promise<Link> {
  let socket: Socket | undefined;
  let link: Link | undefined;
  ws.once('upgrade', (response) => {
    socket = response.socket;
  });
  ws.once('open', () => {
    if (socket !== undefined) link = new Link(ws, socket, options);
  });
  const giveUp = () => ws.terminate();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await once(ws, 'open');
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  if (link === undefined) throw new Error('a WebSocket without a connection');
  return link;
}

/** `http:` and `https:` become `ws:` and `wss:`. */
function linkUrl(service: URL): URL {
  const url = new URL(linkPath, service);
  url.protocol = service.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}
