import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const text = 0x1;

/** For a connection, and for an answer. */
const patienceMs = 30_000;

/**
 * A WebSocket client that costs next to nothing: it counts the text messages that come and looks at no more than their length, so
 * that the machine's time goes to the server that is measured.
 */
export class RawClient {
  readonly #socket: Socket;
  /** Text messages that have come. */
  count = 0;
  #rest: Buffer | undefined = undefined;
  #onText: (() => void) | undefined = undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // Who waits for something finds out by its own time-out.
    socket.on('error', () => {});
  }

  /** Fails after `withinMs` without a WebSocket. */
  static async open(url: string, withinMs = patienceMs): Promise<RawClient> {
    const { hostname, port, pathname, host } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const signal = AbortSignal.timeout(withinMs);
    try {
      return await RawClient.#handshake(socket, { pathname, host, signal });
    } catch (cause) {
      socket.destroy();
      throw new Error(`no WebSocket at ${url}`, { cause });
    }
  }

  static async #handshake(
    socket: Socket,
    { pathname, host, signal }: { pathname: string; host: string; signal: AbortSignal },
  ): Promise<RawClient> {
    await once(socket, 'connect', { signal });
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    const [answer] = (await once(socket, 'data', { signal })) as [Buffer];
    if (!answer.toString('latin1').startsWith('HTTP/1.1 101 ')) throw new Error(`refused: ${answer}`);
    const client = new RawClient(socket);
    const end = answer.indexOf('\r\n\r\n') + 4;
    if (end < answer.length) client.#take(answer.subarray(end));
    socket.on('data', (chunk: Buffer) => client.#take(chunk));
    return client;
  }

  /** Writes whole frames in one piece. */
  write(frames: Buffer): void {
    this.#socket.write(frames);
  }

  /** Sends, and resolves when one text message more has come; fails after `withinMs`. */
  async ask(message: object, withinMs = patienceMs): Promise<void> {
    const wanted = this.count + 1;
    const answered = Promise.withResolvers<void>();
    this.#onText = () => {
      if (this.count >= wanted) answered.resolve();
    };
    const timer = setTimeout(() => answered.reject(new Error('no answer in time')), withinMs);
    this.write(clientFrame(message));
    try {
      await answered.promise;
    } finally {
      clearTimeout(timer);
      this.#onText = undefined;
    }
  }

  end(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const end = frameEnd(bytes, at);
      if (end === undefined || end > bytes.length) break;
      if ((bytes[at]! & 0x0f) === text) this.count += 1;
      at = end;
    }
    this.#rest = at === bytes.length ? undefined : bytes.subarray(at);
    this.#onText?.();
  }
}

/** Where the frame that begins at `at` ends; undefined while that cannot be told (RFC 6455 §5.2; a server does not mask). */
function frameEnd(bytes: Buffer, at: number): number | undefined {
  if (at + 2 > bytes.length) return undefined;
  const short = bytes[at + 1]!;
  if (short < 126) return at + 2 + short;
  if (short === 126) return at + 4 > bytes.length ? undefined : at + 4 + bytes.readUInt16BE(at + 2);
  return at + 10 > bytes.length ? undefined : at + 10 + Number(bytes.readBigUInt64BE(at + 2));
}

/** A client's text frame; its mask is zero, so the payload stands as it is (RFC 6455 §5.3). */
export function clientFrame(message: object): Buffer {
  const payload = Buffer.from(JSON.stringify(message));
  const length = payload.length;
  if (length > 0xffff) throw new RangeError('longer than a benchmark needs');
  const header =
    length < 126
      ? Buffer.from([0x81, 0x80 | length, 0, 0, 0, 0])
      : Buffer.from([0x81, 0xfe, length >> 8, length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([header, payload]);
}
