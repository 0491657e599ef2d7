import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { constants, inflateRawSync } from 'node:zlib';
import { expect, vi } from 'vitest';
import type { Target } from './target.ts';

/** How long the other side may take for what it does at once, on a machine that is busy. */
export const patience = { timeout: 15_000, interval: 10 };

export type Received = { data: Buffer; isBinary: boolean };

export type UpgradeOptions = { protocol?: string; isDeflating?: boolean; token?: string; headers?: readonly string[] };

/** A TCP or TLS connection that says whatever it is told to, and takes what comes as HTTP and then as frames. */
export class RawSocket {
  readonly socket: Socket;
  readonly messages: Received[] = [];
  /** What came before frames did. */
  http = '';
  /** Of the close frame that came, 1005 if it had none; undefined: none came. */
  closeCode: number | undefined;
  isClosed = false;
  pongs = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #isUpgraded = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  static async connect({ port, isTls }: Pick<Target, 'port' | 'isTls'>): Promise<RawSocket> {
    const address = { port, host: '127.0.0.1' };
    const raw = new RawSocket(isTls ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address));
    await once(raw.socket, isTls ? 'secureConnect' : 'connect');
    return raw;
  }

  /** A connection that has done its handshake as it should be done. */
  static async open(target: Target, path: string, options: UpgradeOptions = {}): Promise<RawSocket> {
    const raw = await RawSocket.connect(target);
    raw.write(upgradeRequest(path, options));
    await vi.waitFor(() => {
      if (!raw.#isUpgraded) throw new Error(`no upgrade: ${raw.http}`);
    }, patience);
    return raw;
  }

  write(bytes: Buffer | string): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** The connection is over, in time. */
  async closed(): Promise<void> {
    await vi.waitFor(() => expect(this.isClosed).toBe(true), patience);
  }

  destroy(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    if (!this.#isUpgraded) this.#takeHttp();
    if (this.#isUpgraded) while (this.#takeFrame());
  }

  #takeHttp(): void {
    const text = this.#bytes.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    this.http = text;
    if (!text.startsWith('HTTP/1.1 101') || end === -1) return;
    this.http = text.slice(0, end);
    this.#bytes = this.#bytes.subarray(end + 4);
    this.#isUpgraded = true;
  }

  /** A server's frame, as RFC 6455 wants it: whole, unmasked, of the shortest form. */
  #takeFrame(): boolean {
    if (this.#bytes.length < 2) return false;
    const [first, short] = this.#bytes as unknown as [number, number];
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (this.#bytes.length < head) return false;
    const length =
      head === 2 ? short : head === 4 ? this.#bytes.readUInt16BE(2) : Number(this.#bytes.readBigUInt64BE(2));
    if (this.#bytes.length < head + length) return false;
    expect(first & 0xb0, 'fin, and RSV1 alone').toBe(0x80);
    const payload = this.#bytes.subarray(head, head + length);
    this.#bytes = this.#bytes.subarray(head + length);
    this.#takePayload(first & 0x0f, (first & 0x40) === 0 ? payload : inflated(payload));
    return true;
  }

  #takePayload(opcode: number, payload: Buffer): void {
    if (opcode === 1 || opcode === 2) this.messages.push({ data: payload, isBinary: opcode === 2 });
    else if (opcode === 8) this.closeCode = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
    else if (opcode === 10) this.pongs += 1;
    else expect(opcode, 'a ping').toBe(9);
  }
}

export function upgradeRequest(path: string, { protocol, isDeflating, token, headers = [] }: UpgradeOptions): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: x',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    ...(isDeflating ? ['Sec-WebSocket-Extensions: permessage-deflate'] : []),
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function inflated(payload: Buffer): Buffer {
  return inflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH });
}
