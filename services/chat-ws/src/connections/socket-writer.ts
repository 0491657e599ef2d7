import { Socket } from 'node:net';
import type { Traffic } from '@parley/net/heartbeat';
import type { CloseWatcher, ServerWebSocket } from './server-web-socket.ts';

const OPEN = 1;
const nothing = Buffer.alloc(0);
const noTraffic: Traffic = { bytesWritten: 0, writableLength: 0 };

/** Up to so many bytes, joining pieces is cheaper than handing them to the socket one by one. */
const joinBytes = 64 * 1024;

/**
 * Writes whole frames, encoded once for many clients, to a WebSocket's own TCP socket: about a seventh of what `ws.send` costs. This is
 * the only file that uses private parts of `ws` (`_socket`). Where the shortcut does not hold (compression, an unknown `ws`), frames
 * are taken apart and go through `ws.send`.
 *
 * `ws` writes its own frames (pong, close) to the same socket, whole and at once, so the two never mix inside a frame.
 */
export class SocketWriter implements CloseWatcher {
  readonly #ws: ServerWebSocket;
  /** Undefined: everything goes through `ws.send`. */
  readonly #socket: Socket | undefined;
  /** The same socket, whoever writes to it. */
  readonly #carrier: Socket | undefined;
  /** Frames that wait for `flush`, in order. */
  #gathered: Buffer[] | undefined = undefined;
  #gatheredBytes = 0;
  #isClosing = false;
  #taken: Promise<void> | undefined = undefined;

  constructor(ws: ServerWebSocket) {
    this.#ws = ws;
    ws.watcher = this;
    const { _socket: socket } = ws as unknown as { _socket?: unknown };
    this.#carrier = socket instanceof Socket ? socket : undefined;
    this.#socket = ws.extensions === '' ? this.#carrier : undefined;
  }

  /** What was answered in this turn goes out before the close frame: a client may say goodbye right behind what it asks. */
  closing(): void {
    this.flush();
    this.#isClosing = true;
  }

  /** Whether frames are written as they are. */
  get isRaw(): boolean {
    return this.#socket !== undefined;
  }

  /** Bytes that have not left user space. A connection that is closing takes nothing more, so it always has too many. */
  pendingBytes(): number {
    if (this.#isClosing) return Number.POSITIVE_INFINITY;
    const written = this.#socket === undefined ? this.#ws.bufferedAmount : this.#socket.writableLength;
    const pending = written + this.#gatheredBytes;
    // Whoever is live has taken everything, and `ws` need not be asked.
    return pending === 0 || this.#ws.readyState === OPEN ? pending : Number.POSITIVE_INFINITY;
  }

  get traffic(): Traffic {
    return this.#carrier ?? noTraffic;
  }

  /** Somebody waits for the client to take what it was sent. */
  get isAwaited(): boolean {
    return this.#taken !== undefined;
  }

  /** Keeps a frame for `flush`; true when it is the first one. */
  gather(frame: Buffer): boolean {
    this.#gatheredBytes += frame.length;
    if (this.#gathered !== undefined) {
      this.#gathered.push(frame);
      return false;
    }
    this.#gathered = [frame];
    return true;
  }

  /** Writes what was gathered. */
  flush(): void {
    if (this.#gathered !== undefined) this.#writeAll(this.#gathered);
  }

  /** Writes whole frames, after what was gathered before them. */
  write(frames: Buffer): void {
    if (this.#gathered === undefined) {
      this.#write(frames);
    } else {
      this.#gathered.push(frames);
      this.#writeAll(this.#gathered);
    }
  }

  /** Calls `flushed` when everything written until now has left user space; never once the connection is closing. */
  afterFlush(flushed: () => void): void {
    if (this.#hasEnded) return;
    this.flush();
    if (this.#socket === undefined) this.#ws.ping(nothing, false, () => flushed());
    // The callback of a write: `drain` comes only after a write that returned false, and not everywhere over TLS.
    else this.#socket.write(nothing, () => flushed());
  }

  /** Undefined while at most `limitBytes` are pending; else resolves when none are, or when the connection has gone. */
  taken(limitBytes: number): Promise<void> | undefined {
    if (this.#hasEnded || this.pendingBytes() <= limitBytes) return undefined;
    this.#taken ??= new Promise((resolve) => {
      this.afterFlush(() => {
        this.#taken = undefined;
        resolve();
      });
    });
    return this.#taken;
  }

  /** It is closing, or has gone without a word. */
  get #hasEnded(): boolean {
    return this.#isClosing || this.#ws.readyState !== OPEN;
  }

  #writeAll(pieces: Buffer[]): void {
    this.#gathered = undefined;
    this.#gatheredBytes = 0;
    let size = 0;
    for (const piece of pieces) size += piece.length;
    if (pieces.length === 1) {
      this.#write(pieces[0]!);
    } else if (size <= joinBytes || this.#socket === undefined) {
      this.#write(Buffer.concat(pieces, size));
    } else {
      this.#socket.cork();
      for (const piece of pieces) this.#write(piece);
      this.#socket.uncork();
    }
  }

  #write(frames: Buffer): void {
    if (this.#isClosing) return;
    if (this.#socket !== undefined) {
      // After the other end's FIN `ws` ends its own side, without a word, behind what is still on its way.
      if (this.#socket.writable) this.#socket.write(frames);
      return;
    }
    for (const { payload, binary } of framesIn(frames)) this.#ws.send(payload, { binary });
  }
}

/** The messages in whole, unmasked frames (RFC 6455 §5.2). */
function* framesIn(bytes: Buffer): Generator<{ payload: Buffer; binary: boolean }> {
  let at = 0;
  while (at < bytes.length) {
    const binary = (bytes[at]! & 0x0f) === 2;
    const short = bytes[at + 1]!;
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    yield { payload: bytes.subarray(at + header, at + header + length), binary };
    at += header + length;
  }
}
