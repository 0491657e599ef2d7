import { once } from 'node:events';
import {
  parseServerMessage,
  type ServerMessage,
  type ServerMessageType,
} from '@parley/common/contracts/chat/server-message';
import { vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';

type Of<Type extends ServerMessageType> = Extract<ServerMessage, { type: Type }>;

export type TestClientOptions = ClientOptions & {
  protocol?: string;
  /** What a WebSocket message says; undefined: nothing that is to be kept. */
  read?: (data: Buffer, isBinary: boolean) => ServerMessage | undefined;
};

/** A client for tests: keeps everything that came, checked with the contract. */
export class TestClient {
  readonly ws: WebSocket;
  readonly got: ServerMessage[] = [];
  /** Resolves with close code and reason. */
  readonly closed: Promise<{ code: number; reason: string }>;
  #ids = 0;

  constructor(url: string, { protocol, read = readJson, ...options }: TestClientOptions = {}) {
    this.ws = new WebSocket(url, protocol ?? [], options);
    this.ws.on('message', (data, isBinary) => {
      const message = read(data as Buffer, isBinary);
      if (message !== undefined) this.got.push(message);
    });
    this.ws.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.ws.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  static async open(url: string, options?: TestClientOptions): Promise<TestClient> {
    const client = new TestClient(url, options);
    await once(client.ws, 'open');
    return client;
  }

  send(message: unknown): void {
    this.ws.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** Sends a request and gives its answer, whichever type that has. */
  async ask<Type extends ServerMessageType = ServerMessageType>(message: object): Promise<Of<Type>> {
    this.#ids += 1;
    const id = `ask-${this.#ids}`;
    this.send({ ...message, id });
    return this.waitFor((got): got is Of<Type> => 're' in got && got.re === id);
  }

  /** The first message that is as wanted, now or later. */
  async waitFor<Wanted extends ServerMessage>(
    isWanted: (message: ServerMessage) => message is Wanted,
  ): Promise<Wanted> {
    return vi.waitFor(
      () => this.got.find(isWanted) ?? fail(`not among ${JSON.stringify(this.got.slice(-5))}`),
      patience,
    );
  }

  /** The first message of a type, now or later. */
  first<Type extends ServerMessageType>(type: Type): Promise<Of<Type>> {
    return this.waitFor((message): message is Of<Type> => message.type === type);
  }

  all<Type extends ServerMessageType>(type: Type): Of<Type>[] {
    return this.got.filter((message): message is Of<Type> => message.type === type);
  }

  /** The `seq`s of the room's messages, when there are so many of them. */
  async seqs(room: string, count: number): Promise<number[]> {
    return vi.waitFor(() => {
      const seqs = this.all('message').flatMap((message) => (message.room === room ? [message.seq] : []));
      return seqs.length >= count ? seqs : fail(`${seqs.length} of ${count} messages`);
    }, patience);
  }

  close(): Promise<unknown> {
    this.ws.close();
    return this.closed;
  }
}

function readJson(data: Buffer): ServerMessage | undefined {
  return parseServerMessage(JSON.parse(String(data)));
}

export const patience = { timeout: 15_000, interval: 5 };

function fail(why: string): never {
  throw new Error(why);
}

/** `from`…`to`, inclusive. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
