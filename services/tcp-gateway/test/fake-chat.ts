import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { type ChatLinkMessage, type GatewayLinkMessage, linkPath } from '@parley/common/contracts/link';
import { bearerToken, type ServiceTokens } from '@parley/common/runtime/service-tokens';
import { WebSocketServer } from 'ws';
import { FakeLink } from './fake-link.ts';
import { FakeRoom } from './fake-room.ts';

/** What a test wants to happen instead; true: and nothing else. */
export type Intercept = (message: GatewayLinkMessage, link: FakeLink) => boolean;

/** chat-ws for tests of the gateway alone: rooms in memory, everything in and out checked with the contract. */
export class FakeChat {
  readonly rooms = new Map<string, FakeRoom>();
  readonly links: FakeLink[] = [];
  /** Everything that came, over all links. */
  readonly got: GatewayLinkMessage[] = [];
  intercept: Intercept = () => false;
  ticketsRefused = false;
  /** Sent with the very answer to a link's handshake. */
  firstWords: ChatLinkMessage | undefined = undefined;
  /** Told at login; kept by nobody here. */
  readonly limits = { messageBytes: 65_536, posts: 1_000, postsWindowMs: 1_000, rooms: 100 };
  people = 0;
  readonly #tokens: ServiceTokens;
  #server: Server | undefined;
  #port = 0;

  constructor(tokens: ServiceTokens) {
    this.#tokens = tokens;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get openLinks(): FakeLink[] {
    return this.links.filter((link) => link.isOpen);
  }

  /** On the same port as before, if it was started before. */
  async start(): Promise<void> {
    const server = createServer();
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', async (req, socket, head) => {
      try {
        if (req.url !== linkPath) throw new Error(`a link at ${req.url}`);
        await this.#tokens.verify(bearerToken(req.headers.authorization) ?? '');
        socket.cork();
        sockets.handleUpgrade(req, socket, head, (ws) => {
          const link = new FakeLink(ws, this);
          this.links.push(link);
          if (this.firstWords !== undefined) link.send(this.firstWords);
        });
        socket.uncork();
      } catch {
        socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      }
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Breaks all links and takes no new ones; the rooms stay. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    this.breakLinks();
    await closed;
  }

  breakLinks(): void {
    for (const link of this.openLinks) link.break();
  }

  room(name: string): FakeRoom {
    let room = this.rooms.get(name);
    if (room === undefined) {
      room = new FakeRoom(name);
      this.rooms.set(name, room);
    }
    return room;
  }

  /** Somebody else posts. */
  post(name: string, ...texts: string[]): void {
    const room = this.room(name);
    const entries = texts.map((text) => room.append({ id: 'g_else', name: 'else' }, { text }).entry);
    this.tell(room, entries);
  }

  /** Tells all links that watch the room. */
  tell(room: FakeRoom, entries: FakeRoom['entries']): void {
    for (const link of this.openLinks) link.tell(room, entries);
  }

  /** Something that is in no log, for all links that watch the room; a session of one of them may be left out. */
  push(room: string, m: ServerMessage, but?: { link: FakeLink; except: number }): void {
    for (const link of this.openLinks) link.push(room, m, link === but?.link ? but.except : undefined);
  }

  /** The room begins anew. */
  reset(name: string, epoch: string): void {
    const room = this.room(name);
    Object.assign(room, { epoch, entries: [], oldest: 1 });
    for (const link of this.openLinks) link.reset(room);
  }

  all<Type extends GatewayLinkMessage['t']>(type: Type): Extract<GatewayLinkMessage, { t: Type }>[] {
    return this.got.filter((message): message is Extract<GatewayLinkMessage, { t: Type }> => message.t === type);
  }
}
