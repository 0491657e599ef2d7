import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import { parseServerMessage, type ServerMessage } from '@parley/common/contracts/chat/server-message';
import { encodeFrame, FrameDecoder } from '@parley/common/wire/frames';
import { onTestFinished, vi } from 'vitest';
import { patience } from './start-gateway.ts';

type Of<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

/** A client that speaks frames; what it is told is checked with the contract. */
export class FrameClient {
  readonly socket: Socket;
  readonly got: ServerMessage[] = [];
  isEnded = false;
  readonly closed: Promise<void>;
  #ids = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    const decoder = new FrameDecoder({ maxBytes: 1 << 24 });
    socket.on('data', (chunk: Buffer) => {
      for (const frame of decoder.feed(chunk)) {
        if (!('payload' in frame)) throw new Error('a frame that is too large');
        const message = parseServerMessage(JSON.parse(frame.payload.toString()));
        if (message !== undefined) this.got.push(message);
      }
    });
    socket.on('end', () => {
      this.isEnded = true;
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    onTestFinished(() => void socket.destroy());
  }

  static async connect(port: number): Promise<FrameClient> {
    const socket = connect({ port, host: '127.0.0.1' });
    const client = new FrameClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Logged in and in a room. */
  static async in(port: number, room: string, name = 'ada'): Promise<FrameClient> {
    const client = await FrameClient.connect(port);
    await client.ask({ type: 'auth', guest: name });
    await client.ask({ type: 'join', room });
    return client;
  }

  send(...messages: ClientMessage[]): void {
    this.socket.write(Buffer.concat(messages.map((message) => encodeFrame(JSON.stringify(message)))));
  }

  sendRaw(payload: Uint8Array | string): void {
    this.socket.write(encodeFrame(payload));
  }

  /** A message and its answer. */
  async ask(message: ClientMessage): Promise<ServerMessage> {
    this.#ids += 1;
    const id = `ask-${this.#ids}`;
    this.send({ ...message, id } as ClientMessage);
    return this.waitFor((got) => 're' in got && got.re === id);
  }

  all<Type extends ServerMessage['type']>(type: Type): Of<Type>[] {
    return this.got.filter((message): message is Of<Type> => message.type === type);
  }

  /** The first message that is as wanted, now or later. */
  waitFor(wanted: (message: ServerMessage) => boolean): Promise<ServerMessage> {
    return vi.waitFor(() => {
      const found = this.got.find(wanted);
      if (found === undefined) throw new Error(`nothing like that among ${JSON.stringify(this.got.slice(-5))}`);
      return found;
    }, patience);
  }

  /** So many messages of a type, when they are there. */
  some<Type extends ServerMessage['type']>(type: Type, count: number): Promise<Of<Type>[]> {
    return vi.waitFor(() => {
      const found = this.all(type);
      if (found.length < count) throw new Error(`${found.length} of ${count} ${type}`);
      return found;
    }, patience);
  }
}
