import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { connectTcp } from '@parley/net/connect';
import { waitFor } from './wait-for.ts';

export type LineClient = {
  /** All lines that came so far. */
  lines: string[];
  send(...lines: string[]): void;
  /** Waits for a line that matches. */
  saw(pattern: RegExp): Promise<string>;
  close(): Promise<void>;
};

/** Speaks lines with the gateway, as somebody with `nc` does. */
export async function openLineClient(port: number, host = '127.0.0.1'): Promise<LineClient> {
  const socket: Socket = await connectTcp({ host, port });
  const lines: string[] = [];
  createInterface({ input: socket }).on('line', (line) => lines.push(line));
  socket.on('error', () => {});
  return {
    lines,
    send: (...sent) => void socket.write(sent.map((line) => `${line}\n`).join('')),
    saw: (pattern) =>
      waitFor(`a line like ${pattern}, after [${lines}]`, () => lines.find((line) => pattern.test(line))),
    async close() {
      if (socket.closed) return;
      socket.end();
      await once(socket, 'close');
    },
  };
}
