import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { clientFrame, closeFrame, frameEnd, payloadStart, pongFrame } from './client-frames.ts';

const opcodes = { text: 0x1, close: 0x8, ping: 0x9 } as const;

/** For a connection, and for an answer. */
const patienceMs = 30_000;

/** What is read is worked off at once, so one buffer does for all. */
const chunk = Buffer.allocUnsafeSlow(64 * 1024);

/** Engine.IO's heartbeat is a text message of one byte, which is not counted: `2` asks, `3` answers. */
const engineIoPong = clientFrame('3');

/**
 * A WebSocket client that costs next to nothing: it counts the text messages that come and, unless it is asked to, looks at no more than
 * their length, so that the machine's time goes to the server that is measured. It answers pings and a close.
 */
export class RawClient {
  readonly #socket: Socket;
  /** Text messages that have come. */
  count = 0;
  closed = false;
  /** Given each text message; its bytes are good during the call only. */
  onText: ((payload: Buffer) => void) | undefined = undefined;
  /** Called when what has come together has been counted. */
  onCounted: (() => void) | undefined = undefined;
  onClosed: (() => void) | undefined = undefined;
  #rest: Buffer | undefined = undefined;
  readonly #opened = Promise.withResolvers<void>();
  #isOpen = false;
  /** While it reads slowly: what it reads at once, and the timer of the next time. */
  #sip: Buffer | undefined = undefined;
  #sipping: NodeJS.Timeout | undefined = undefined;

  private constructor({ hostname, port, pathname, search, host }: URL) {
    const key = randomBytes(16).toString('base64');
    this.#socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer: () => this.#sip ?? chunk, callback: (bytes, into) => this.#read(into as Buffer, bytes) },
    });
    this.#socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    this.#socket.on('error', (error) => this.#opened.reject(error));
    this.#socket.on('close', () => this.#ended());
  }

  /** Fails after `withinMs` without a WebSocket. */
  static async open(url: string, withinMs = patienceMs): Promise<RawClient> {
    const client = new RawClient(new URL(url));
    const timer = setTimeout(() => client.#opened.reject(new Error('no answer in time')), withinMs);
    try {
      await client.#opened.promise;
      return client;
    } catch (cause) {
      client.end();
      throw new Error(`no WebSocket at ${url}`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Writes whole frames in one piece. */
  write(frames: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(frames);
  }

  send(message: object | string): void {
    this.write(clientFrame(message));
  }

  /** Sends, and resolves when one text message more has come; fails after `withinMs`. */
  async ask(message: object | string, withinMs = patienceMs): Promise<void> {
    const wanted = this.count + 1;
    this.send(message);
    await this.reached(wanted, withinMs);
  }

  /** Resolves when so many text messages have come; fails after `withinMs`, or when the connection ends before. */
  async reached(count: number, withinMs = patienceMs): Promise<void> {
    if (this.count >= count) return;
    const reached = Promise.withResolvers<void>();
    const { onCounted, onClosed } = this;
    this.onCounted = () => {
      onCounted?.();
      if (this.count >= count) reached.resolve();
    };
    this.onClosed = () => {
      onClosed?.();
      reached.reject(new Error('the connection has ended'));
    };
    const timer = setTimeout(() => reached.reject(new Error('no answer in time')), withinMs);
    try {
      await reached.promise;
    } finally {
      clearTimeout(timer);
      Object.assign(this, { onCounted, onClosed });
    }
  }

  /** From now on takes no more than so many bytes from the system each second; without a number, all there is. */
  readSlowly(bytesPerSecond?: number): void {
    clearInterval(this.#sipping);
    this.#sip = bytesPerSecond === undefined ? undefined : Buffer.allocUnsafeSlow(bytesPerSecond);
    if (this.#sip === undefined) this.#socket.resume();
    else this.#sipping = setInterval(() => this.#socket.resume(), 1_000);
  }

  /** Says goodbye and waits for nothing. */
  leave(): void {
    if (!this.#socket.destroyed) this.#socket.end(closeFrame);
  }

  end(): void {
    clearInterval(this.#sipping);
    this.#socket.destroy();
  }

  #ended(): void {
    this.closed = true;
    clearInterval(this.#sipping);
    this.#opened.reject(new Error('the connection has ended'));
    this.onClosed?.();
  }

  /** False: no more is to be read until the next second. */
  #read(into: Buffer, bytes: number): boolean {
    const read = into.subarray(0, bytes);
    const all = this.#rest === undefined ? read : Buffer.concat([this.#rest, read]);
    const taken = this.#isOpen ? this.#takeFrames(all, 0) : this.#takeHandshake(all);
    // What is left lies in a buffer that is about to be used again.
    this.#rest = taken === all.length ? undefined : Buffer.from(all.subarray(taken));
    return this.#sip === undefined;
  }

  #takeHandshake(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1) return 0;
    const answer = bytes.toString('latin1', 0, end);
    if (!answer.startsWith('HTTP/1.1 101 ')) {
      this.#opened.reject(new Error(`refused: ${answer}`));
      return bytes.length;
    }
    this.#isOpen = true;
    this.#opened.resolve();
    return this.#takeFrames(bytes, end + 4);
  }

  #takeFrames(bytes: Buffer, from: number): number {
    let at = from;
    for (;;) {
      const end = frameEnd(bytes, at);
      if (end === undefined || end > bytes.length) break;
      const opcode = bytes[at]! & 0x0f;
      if (opcode === opcodes.text) this.#takeText(bytes, payloadStart(bytes, at)!, end);
      else if (opcode === opcodes.ping) this.write(pongFrame);
      else if (opcode === opcodes.close) this.leave();
      at = end;
    }
    this.onCounted?.();
    return at;
  }

  #takeText(bytes: Buffer, start: number, end: number): void {
    if (end - start === 1) {
      if (bytes[start] === 0x32) this.write(engineIoPong);
      return;
    }
    this.count += 1;
    this.onText?.(bytes.subarray(start, end));
  }
}
