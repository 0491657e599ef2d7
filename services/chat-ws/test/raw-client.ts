import { once } from 'node:events';
import { vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { patience } from './client.ts';

/** A client of a path without rooms: keeps what came, text as strings and binary as buffers. */
export async function openRaw(url: string, options?: ClientOptions) {
  const ws = new WebSocket(url, options);
  const got: (string | Buffer)[] = [];
  ws.on('message', (data, isBinary) => got.push(isBinary ? (data as Buffer) : String(data)));
  ws.on('error', () => {});
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await once(ws, 'open');
  return {
    ws,
    got,
    closed,
    send: (data: string | Buffer) => ws.send(data),
    /** Waits for so many messages. */
    async messages(count: number): Promise<(string | Buffer)[]> {
      return vi.waitFor(() => {
        if (got.length < count) throw new Error(`${got.length} of ${count} messages`);
        return got;
      }, patience);
    },
  };
}

export type RawTestClient = Awaited<ReturnType<typeof openRaw>>;

/** The status of a handshake that is refused. */
export async function refusedWith(url: string, options?: ClientOptions): Promise<number> {
  const ws = new WebSocket(url, options);
  ws.on('error', () => {});
  const [, res] = await once(ws, 'unexpected-response');
  ws.terminate();
  return res.statusCode;
}
