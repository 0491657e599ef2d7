import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parleyEvent } from '@parley/common/contracts/events/event';
import { listenTcp } from '@parley/common/runtime/listen';
import { verifyWebhook, type WebhookVerdict, webhookHeaders } from '@parley/common/wire/webhook-signature';
import { vi } from 'vitest';

/** One request that arrived. `number`: counted from 1 over all of them. */
export type Received = {
  number: number;
  webhookId: string;
  /** The text of a message.posted event, else ''. */
  text: string;
  body: string;
  headers: IncomingMessage['headers'];
  method: string;
  at: number;
  /** Tells connections apart. */
  peerPort: number;
};

export type Receiver = {
  url: string;
  port: number;
  requests: Received[];
  /** How the next requests are answered; 204 unless said otherwise. */
  answer: (received: Received, res: ServerResponse) => void;
  texts(): string[];
  verdict(received: Received, ...secrets: string[]): WebhookVerdict;
  /** Resolves when so many requests have arrived. */
  waitFor(count: number, timeoutMs?: number): Promise<Received[]>;
  close(): Promise<void>;
};

/** A real endpoint, as somebody who has registered a webhook would run it. */
export async function startReceiver(): Promise<Receiver> {
  const requests: Received[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const event = parleyEvent.safeParse(JSON.parse(body));
    const received: Received = {
      number: requests.length + 1,
      webhookId: String(req.headers[webhookHeaders.id]),
      text: event.success && event.data.type === 'message.posted' ? (event.data.data.text ?? '') : '',
      body,
      headers: req.headers,
      method: req.method ?? '',
      at: Date.now(),
      peerPort: req.socket.remotePort ?? 0,
    };
    requests.push(received);
    receiver.answer(received, res);
  });
  const { port } = await listenTcp(server, { host: '127.0.0.1', port: 0, setting: 'test' });

  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    requests,
    answer: (_received, res) => void res.writeHead(204).end(),
    texts: () => requests.map(({ text }) => text),
    verdict({ headers, body }, ...secrets) {
      const header = (name: string) => headers[name]?.toString();
      const { id, timestamp, signature } = webhookHeaders;
      const received = { id: header(id), timestamp: header(timestamp), signature: header(signature), body };
      return verifyWebhook(received, secrets, { nowMs: Date.now() });
    },
    async waitFor(count, timeoutMs = 15_000) {
      await vi.waitFor(
        () => {
          if (requests.length < count) throw new Error(`${requests.length} of ${count} requests have arrived`);
        },
        { timeout: timeoutMs, interval: 5 },
      );
      return requests;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
