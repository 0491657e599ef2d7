import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ClientMessage, parseClientJson } from '@parley/common/contracts/chat/client-message';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { expect, onTestFinished, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { ChatClient, type ChatOptions } from '../src/chat-client.ts';

type Typed<Type extends ClientMessage['type']> = Extract<ClientMessage, { type: Type }>;

const patience = { timeout: 10_000, interval: 5 };

/** One connection of a client, as the server that a test plays sees it. */
export class FakeConnection {
  readonly received: ClientMessage[] = [];
  readonly ws: WebSocket;
  /** Of the handshake. */
  readonly headers: IncomingHttpHeaders;
  closed: { code: number; reason: string } | undefined = undefined;
  #taken = 0;

  constructor(ws: WebSocket, headers: IncomingHttpHeaders) {
    this.ws = ws;
    this.headers = headers;
    ws.on('message', (data) => this.received.push(parseClientJson(String(data))));
    ws.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
  }

  send(...messages: ServerMessage[]): void {
    for (const message of messages) this.ws.send(JSON.stringify(message));
  }

  /** The next message of this type; those before it are passed over. */
  async next<Type extends ClientMessage['type']>(type: Type): Promise<Typed<Type>> {
    const at = await vi.waitFor(() => {
      const found = this.received.findIndex((message, i) => i >= this.#taken && message.type === type);
      expect(found, `a ${type}`).toBeGreaterThanOrEqual(0);
      return found;
    }, patience);
    this.#taken = at + 1;
    return this.received[at] as Typed<Type>;
  }

  /** Lets the client in. */
  async letIn(changes: { heartbeatMs?: number; ticket?: string; id?: string; posts?: number } = {}) {
    const auth = await this.next('auth');
    const { heartbeatMs = 25_000, ticket = 'ticket-1', id = 'u_ada', posts = 1_000 } = changes;
    const limits = { messageBytes: 1_000, posts, postsWindowMs: 1_000, rooms: 100 };
    const user = { id, name: 'ada', guest: false };
    this.send({ type: 'auth_success', re: auth.id, user, ticket, heartbeatMs, limits });
    return auth;
  }

  async refuse(): Promise<Typed<'auth'>> {
    const auth = await this.next('auth');
    this.send({ type: 'auth_failed', re: auth.id, code: 'UNAUTHENTICATED', message: 'not with that' });
    this.ws.close(4401, 'unauthenticated');
    return auth;
  }

  async answerJoin(state: { epoch?: string; head?: number; recovered?: boolean; next?: number } = {}) {
    const join = await this.next('join');
    const { epoch = 'e1', head = 0, recovered = true, next } = state;
    this.send({ type: 'joined', re: join.id, room: join.room, epoch, head, recovered, members: 1, next });
    return join;
  }

  /** Messages of the log. */
  entries(room: string, ...seqs: number[]): void {
    for (const seq of seqs) this.send(messageAt(room, seq));
  }

  async answerPost(seq: number): Promise<Typed<'post'>> {
    const post = await this.next('post');
    this.answer(post, seq);
    return post;
  }

  /** It is committed. */
  answer({ id, room }: Typed<'post' | 'edit' | 'delete'>, seq: number): void {
    this.send({ type: 'posted', re: id, room, epoch: 'e1', seq, at, duplicate: false });
  }
}

const at = '2026-01-02T03:04:05.678Z';

export function messageAt(room: string, seq: number) {
  return { type: 'message', room, seq, from: { id: 'u_bob', name: 'bob' }, text: `m${seq}`, at } as const;
}

/** A WebSocket server whose part is played by the test; it stops with the test, and so do its clients. */
export async function startFakeServer() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connections: FakeConnection[] = [];
  const clients: ChatClient[] = [];
  let taken = 0;
  server.on('connection', (ws, { headers }) => connections.push(new FakeConnection(ws, headers)));
  onTestFinished(async () => {
    for (const client of clients) void client.close();
    for (const { ws } of connections) ws.terminate();
    server.close();
  });
  return {
    connections,
    /** The next connection of a client. */
    async accept(): Promise<FakeConnection> {
      await vi.waitFor(() => expect(connections.length, 'connections').toBeGreaterThan(taken), patience);
      taken += 1;
      return connections[taken - 1] as FakeConnection;
    },
    stop(): void {
      server.close();
      for (const { ws } of connections) ws.terminate();
    },
    client(options: Partial<ChatOptions> = {}): ChatClient {
      const quick = { baseMs: 1, maxMs: 20 };
      const client = new ChatClient({
        url: `ws://127.0.0.1:${port}/ws`,
        auth: { guest: 'ada' },
        backoff: quick,
        ...options,
      });
      clients.push(client);
      return client;
    },
  };
}

/** Everything that a client's events tell, in order. */
export function record<T>(on: (listener: (event: T) => void) => unknown): T[] {
  const events: T[] = [];
  on((event) => events.push(event));
  return events;
}
