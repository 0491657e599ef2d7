import { once } from 'node:events';
import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import {
  type ChatLinkMessage,
  type GatewayLinkMessage,
  parseChatLinkMessage,
  parseGatewayLinkMessage,
} from '@parley/common/contracts/link';
import { vi } from 'vitest';
import { WebSocket } from 'ws';
import { patience } from './client.ts';
import type { TestChat } from './start-chat.ts';

type Of<Type extends ChatLinkMessage['t']> = Extract<ChatLinkMessage, { t: Type }>;

/** A gateway's end of a link, for tests: everything in and out is checked with the contract. */
export class TestGateway {
  readonly ws: WebSocket;
  readonly got: ChatLinkMessage[] = [];
  readonly closed: Promise<number>;
  #ids = 0;

  private constructor(url: string, token: string) {
    this.ws = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
    this.ws.on('message', (data) => {
      const message = parseChatLinkMessage(JSON.parse(String(data)));
      if (message !== undefined) this.got.push(message);
    });
    this.ws.on('error', () => {});
    this.closed = new Promise((resolve) => this.ws.on('close', (code) => resolve(code)));
  }

  static async open(chat: TestChat): Promise<TestGateway> {
    const gateway = new TestGateway(chat.link, await chat.tokens.sign('chat-ws'));
    await once(gateway.ws, 'open');
    return gateway;
  }

  send(message: GatewayLinkMessage): void {
    this.ws.send(JSON.stringify(parseGatewayLinkMessage(message)));
  }

  all<Type extends ChatLinkMessage['t']>(type: Type): Of<Type>[] {
    return this.got.filter((message): message is Of<Type> => message.t === type);
  }

  /** The first message of a type that is as wanted, now or later. */
  waitFor<Type extends ChatLinkMessage['t']>(
    type: Type,
    wanted: (message: Of<Type>) => boolean = () => true,
  ): Promise<Of<Type>> {
    return vi.waitFor(() => {
      const found = this.all(type).find(wanted);
      if (found === undefined) throw new Error(`no ${type} among ${JSON.stringify(this.got.slice(-5))}`);
      return found;
    }, patience);
  }

  /** A session's request, and its answer. */
  async ask(s: number, message: ClientMessage): Promise<ServerMessage> {
    this.#ids += 1;
    const id = `s${s}-${this.#ids}`;
    this.send({ t: 'in', s, m: { ...message, id } });
    return (await this.waitFor('out', (out) => out.s === s && 're' in out.m && out.m.re === id)).m;
  }

  /** A session that is a guest in a room that is watched. */
  async guestIn(s: number, room: string): Promise<ServerMessage> {
    this.send({ t: 'open', s, address: `192.0.2.${s % 250}` });
    await this.ask(s, { type: 'auth', guest: `guest ${s}` });
    return this.ask(s, { type: 'join', room });
  }

  /** The `seq`s of a room's entries, when there are so many. */
  entries(room: string, count: number): Promise<number[]> {
    return vi.waitFor(() => {
      const seqs = this.all('entries').flatMap((message) =>
        message.room === room ? message.entries.map(({ seq }) => seq) : [],
      );
      if (seqs.length < count) throw new Error(`${seqs.length} of ${count} entries`);
      return seqs;
    }, patience);
  }
}
