import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import { parseServerMessage, type ServerMessage } from '@parley/common/contracts/chat/server-message';
import { parseJson } from '@parley/common/contracts/parse-json';
import { type ParleyError, toParleyError } from '@parley/common/runtime/errors';

/** As much of a WebSocket as is used here: the platform's has it, and so has that of `ws`. */
export interface WebSocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export type ConnectionEvents = {
  onOpen(): void;
  onMessage(message: ServerMessage): void;
  /** What came is no message that is known here; it is passed over. */
  onMalformed(error: ParleyError): void;
  onClose(code: number, reason: string): void;
};

const subprotocol = 'parley.json.v1';
const open = 1;

/** One WebSocket that speaks JSON. After `close` or `onClose` none of its events come any more. */
export class Connection {
  readonly #socket: WebSocketLike;
  readonly #closed = Promise.withResolvers<void>();
  #events: ConnectionEvents | undefined;

  /** @throws what the constructor of the WebSocket throws */
  constructor(webSocket: WebSocketConstructor, url: string, events: ConnectionEvents) {
    this.#events = events;
    this.#socket = new webSocket(url, [subprotocol]);
    this.#socket.addEventListener('open', () => this.#events?.onOpen());
    this.#socket.addEventListener('message', ({ data }) => this.#onMessage(data));
    this.#socket.addEventListener('close', ({ code, reason }) => this.#onClose(code, reason));
    // A close event follows, which says what there is to say.
    this.#socket.addEventListener('error', () => {});
  }

  /** Without effect while it is not open: what has to arrive is repeated on the next connection. */
  send(message: ClientMessage): void {
    if (this.#socket.readyState === open) this.#socket.send(JSON.stringify(message));
  }

  /** Resolves when the socket is closed. `code`: 1000 or 3000–4999, no other is allowed to browsers. */
  close(code: number, reason: string): Promise<void> {
    this.#events = undefined;
    this.#socket.close(code, reason);
    return this.#closed.promise;
  }

  #onMessage(data: unknown): void {
    let message: ServerMessage | undefined;
    try {
      message = parseServerMessage(parseJson(String(data)));
    } catch (thrown) {
      this.#events?.onMalformed(toParleyError(thrown));
      return;
    }
    if (message !== undefined) this.#events?.onMessage(message);
  }

  #onClose(code: number, reason: string): void {
    const events = this.#events;
    this.#events = undefined;
    this.#closed.resolve();
    events?.onClose(code, reason);
  }
}
