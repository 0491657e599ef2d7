import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';
import { patience } from './start-gateway.ts';

/** A client that types lines and collects what it is told. */
export class LineClient {
  readonly socket: Socket;
  /** Everything that came, in whole lines. */
  readonly all: string[] = [];
  #unfinished = '';
  #taken = 0;
  isEnded = false;
  readonly closed: Promise<void>;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      const lines = (this.#unfinished + chunk).split('\n');
      this.#unfinished = lines.pop() ?? '';
      for (const line of lines) this.all.push(line);
    });
    socket.on('end', () => {
      this.isEnded = true;
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    onTestFinished(() => void socket.destroy());
  }

  static async connect(port: number): Promise<LineClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const client = new LineClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Logged in and in a room. */
  static async in(port: number, room: string, name = 'ada'): Promise<LineClient> {
    const client = await LineClient.connect(port);
    client.type(`NAME ${name}`, `JOIN ${room}`);
    await client.lines(2);
    return client;
  }

  type(...lines: string[]): void {
    this.socket.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Everything that came. */
  get text(): string {
    return this.all.map((line) => `${line}\n`).join('') + this.#unfinished;
  }

  /** The next so many lines, as soon as they are there. */
  async lines(count: number): Promise<string[]> {
    const lines = await vi.waitFor(() => {
      const there = this.all.slice(this.#taken, this.#taken + count);
      if (there.length < count)
        throw new Error(`${there.length} of ${count} lines: ${JSON.stringify(there.slice(-5))}`);
      return there;
    }, patience);
    this.#taken += count;
    return lines;
  }

  async line(): Promise<string> {
    const [line = ''] = await this.lines(1);
    return line;
  }

  /** Types a command and gives the line that answers it. */
  ask(command: string): Promise<string> {
    this.type(command);
    return this.line();
  }

  /** All lines that begin with this word, when there are so many. */
  async saying(word: string, count: number): Promise<string[]> {
    return vi.waitFor(() => {
      const found = this.all.filter((line) => line.startsWith(`${word} `));
      if (found.length < count) throw new Error(`${found.length} of ${count} ${word}`);
      return found;
    }, patience);
  }

  /** Everything that came until the other side ended. */
  async rest(): Promise<string> {
    await vi.waitFor(() => {
      if (!this.isEnded) throw new Error(`not ended after ${JSON.stringify(this.all.slice(-3))}`);
    }, patience);
    return this.text;
  }
}
