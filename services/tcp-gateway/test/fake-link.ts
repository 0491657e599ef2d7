import { type ClientMessage, parseClientMessage } from '@parley/common/contracts/chat/client-message';
import { messageOf } from '@parley/common/contracts/chat/message';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import {
  type ChatLinkMessage,
  type GatewayLinkMessage,
  parseChatLinkMessage,
  parseGatewayLinkMessage,
} from '@parley/common/contracts/link';
import { ParleyError } from '@parley/common/runtime/errors';
import type { WebSocket } from 'ws';
import type { FakeChat } from './fake-chat.ts';
import type { FakeRoom } from './fake-room.ts';

type Person = { id: string; name: string; guest: boolean };

/** The other end of one link. */
export class FakeLink {
  readonly sessions = new Map<number, { address: string; person?: Person }>();
  readonly watched = new Set<string>();
  readonly #ws: WebSocket;
  readonly #chat: FakeChat;
  isOpen = true;

  constructor(ws: WebSocket, chat: FakeChat) {
    this.#ws = ws;
    this.#chat = chat;
    ws.on('message', (data) => this.#onMessage(parseGatewayLinkMessage(JSON.parse(String(data)))));
    ws.on('close', () => {
      this.isOpen = false;
    });
  }

  /** As when the process is killed or a cable is cut. */
  break(): void {
    this.isOpen = false;
    this.#ws.terminate();
  }

  /** Reads nothing any more and so answers nothing, pings included. */
  freeze(): void {
    this.#ws.pause();
  }

  unfreeze(): void {
    this.#ws.resume();
  }

  send(message: ChatLinkMessage): void {
    parseChatLinkMessage(message);
    if (this.isOpen) this.#ws.send(JSON.stringify(message));
  }

  sendRaw(text: string): void {
    this.#ws.send(text);
  }

  out(s: number, m: ServerMessage): void {
    this.send({ t: 'out', s, m });
  }

  tell(room: FakeRoom, entries: FakeRoom['entries']): void {
    if (this.watched.has(room.name)) this.send({ t: 'entries', room: room.name, epoch: room.epoch, entries });
  }

  reset({ name, epoch, head }: FakeRoom): void {
    if (this.watched.has(name)) this.send({ t: 'reset', room: name, epoch, head });
  }

  #onMessage(message: GatewayLinkMessage): void {
    if (!this.isOpen) return;
    this.#chat.got.push(message);
    if (!this.#chat.intercept(message, this)) this.take(message);
  }

  /** What is done with a message unless a test wants something else. */
  take(message: GatewayLinkMessage): void {
    switch (message.t) {
      case 'open':
        this.sessions.set(message.s, { address: message.address });
        break;
      case 'end':
        this.sessions.delete(message.s);
        break;
      case 'in':
        this.#in(message.s, message.m);
        break;
      case 'watch':
        this.#watch(message);
        break;
      case 'unwatch':
        this.watched.delete(message.room);
        break;
      case 'read': {
        const room = this.#chat.room(message.room);
        const entries = room.read(message.from, message.limit);
        const { epoch, oldest, head } = room;
        this.send({ t: 'read', n: message.n, room: room.name, epoch, entries, oldest, head });
        break;
      }
      case 'rooms': {
        const rooms = [...this.#chat.rooms.values()].map(({ name, members }) => ({
          room: name,
          members: members.size,
        }));
        this.send({ t: 'rooms', n: message.n, rooms });
      }
    }
  }

  #watch({ room: name, after }: Extract<GatewayLinkMessage, { t: 'watch' }>): void {
    const room = this.#chat.room(name);
    const recovered = after === undefined || (after.epoch === room.epoch && after.seq <= room.head);
    const next = recovered ? (after?.seq ?? room.head) + 1 : room.oldest;
    this.watched.add(name);
    this.send({ t: 'watching', room: name, epoch: room.epoch, head: room.head, next, recovered });
    const entries = room.read(next, 1_000);
    if (entries.length > 0) this.tell(room, entries);
  }

  #in(s: number, m: unknown): void {
    const session = this.sessions.get(s);
    if (session === undefined) return;
    const message = parseClientMessage(m);
    const re = message.type === 'pong' ? undefined : message.id;
    try {
      if (message.type === 'auth') this.#auth(s, message);
      else if (session.person) this.#do(s, session.person, message);
      else throw new ParleyError('UNAUTHENTICATED', 'Log in first.');
    } catch (thrown) {
      if (!(thrown instanceof ParleyError)) throw thrown;
      this.out(s, { type: 'error', re, code: thrown.code, message: thrown.message });
    }
  }

  /** What is told to the others, and answered to the gateway alone. */
  #noteInRoom(s: number, user: Person, message: Extract<ClientMessage, { type: 'typing' | 'seen' }>): void {
    const { room, id: re } = message;
    if (!this.#chat.room(room).members.has(user.id))
      throw new ParleyError('NOT_JOINED', `You have not joined ${room}.`);
    if (message.type === 'typing') this.#chat.push(room, { type: 'typing', room, user }, { link: this, except: s });
    else this.#chat.push(room, { type: 'seen', room, user, seq: message.seq });
    if (re !== undefined) this.send({ t: 'done', s, re });
  }

  push(room: string, m: ServerMessage, except?: number): void {
    if (this.watched.has(room)) this.send({ t: 'push', room, m, ...(except !== undefined && { except }) });
  }

  /** Tokens are `token-<name>`, tickets `ticket-<id>-<name>`. */
  #auth(s: number, { id: re, guest, token, ticket }: Extract<ClientMessage, { type: 'auth' }>): void {
    const session = this.sessions.get(s)!;
    const person = personOf({ guest, token, ticket, number: this.#chat.people + 1 });
    if (person === undefined || (ticket !== undefined && this.#chat.ticketsRefused)) {
      this.out(s, { type: 'auth_failed', re, code: 'UNAUTHENTICATED', message: 'That is not valid.' });
      this.sessions.delete(s);
      this.send({ t: 'closed', s, code: 4401, reason: 'unauthenticated' });
      return;
    }
    this.#chat.people += 1;
    session.person = person;
    const next = `ticket-${person.id}-${person.name}`;
    this.out(s, {
      type: 'auth_success',
      re,
      user: person,
      ticket: next,
      heartbeatMs: 1_000,
      limits: this.#chat.limits,
    });
  }

  #do(s: number, person: Person, message: ClientMessage): void {
    if (message.type === 'ping' || message.type === 'pong' || message.type === 'auth') return;
    if (message.type === 'refresh') {
      if (!message.token.startsWith('token-')) throw new ParleyError('UNAUTHENTICATED', 'That is not valid.');
      this.out(s, { type: 'refreshed', re: message.id, expiresAt: new Date(4e12).toISOString() });
      return;
    }
    if (message.room.startsWith('secret')) throw new ParleyError('NOT_FOUND', 'There is no such room.');
    this.#doInRoom(s, person, message);
  }

  #doInRoom(s: number, person: Person, message: Extract<ClientMessage, { room: string }>): void {
    const room = this.#chat.room(message.room);
    const { name, epoch } = room;
    const re = message.id;
    switch (message.type) {
      case 'join': {
        room.members.set(person.id, person);
        const { after } = message;
        const recovered = after === undefined || after === 'start' || (after.epoch === epoch && after.seq <= room.head);
        const next = after === undefined ? room.head + 1 : recovered && after !== 'start' ? after.seq + 1 : room.oldest;
        this.out(s, {
          type: 'joined',
          re,
          room: name,
          epoch,
          head: room.head,
          recovered,
          members: room.members.size,
          next,
        });
        break;
      }
      case 'leave':
        if (!room.members.delete(person.id)) throw new ParleyError('NOT_JOINED', `You have not joined ${name}.`);
        this.out(s, { type: 'left', re, room: name });
        break;
      case 'post': {
        const { entry, duplicate } = room.append({ id: person.id, name: person.name }, message);
        const at = new Date(entry.at).toISOString();
        this.out(s, { type: 'posted', re, room: name, epoch, seq: entry.seq, at, duplicate });
        if (!duplicate) this.#chat.tell(room, [entry]);
        break;
      }
      case 'edit':
      case 'delete': {
        const { seq: of, key } = message;
        const text = message.type === 'edit' ? message.text : null;
        const { entry, duplicate } = room.change({ id: person.id, name: person.name }, { of, text, key });
        const at = new Date(entry.at).toISOString();
        this.out(s, { type: 'posted', re, room: name, epoch, seq: entry.seq, at, duplicate });
        if (!duplicate) this.#chat.tell(room, [entry]);
        break;
      }
      case 'history': {
        const messages = room.entries.slice(-(message.limit ?? 50)).map((entry) => messageOf(name, entry));
        this.out(s, { type: 'history', re, room: name, epoch, messages, more: false });
        break;
      }
      case 'members': {
        const from = ((message.page ?? 1) - 1) * 100;
        const members = [...room.members.values()].slice(from, from + 100);
        this.out(s, { type: 'members', re, room: name, members, total: room.members.size });
        break;
      }
      case 'typing':
      case 'seen':
        this.#noteInRoom(s, person, message);
    }
  }
}

function personOf(shown: {
  guest?: string | undefined;
  token?: string | undefined;
  ticket?: string | undefined;
  number: number;
}): Person | undefined {
  const { guest, token, ticket, number } = shown;
  if (guest !== undefined) return { id: `g_${number}`, name: `guest-${guest}-${number}`, guest: true };
  const [, user] = /^token-(.+)$/.exec(token ?? '') ?? [];
  if (user !== undefined) return { id: `u_${user}`, name: user, guest: false };
  const [, id, name] = /^ticket-([^-]+)-(.+)$/.exec(ticket ?? '') ?? [];
  return id !== undefined && name !== undefined ? { id, name, guest: id.startsWith('g_') } : undefined;
}
