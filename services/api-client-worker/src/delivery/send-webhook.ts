import { webhookHeadersOf } from '@parley/common/wire/webhook-signature';
import got, { AbortError, type PlainResponse, type Request } from 'got';
import type { GuardedAgents } from '../guard/guarded-agents.ts';
import { type Failure, failureOf, failureOfStatus } from './failure.ts';

export type Delivery = {
  url: string;
  /** The event's id: the same for every attempt. */
  webhookId: string;
  /** What is sent and signed. */
  body: string;
  /** The new one first; two during a rotation. */
  secrets: string[];
  /** Seconds since 1970. */
  timestamp: number;
};

export type SendOptions = {
  agents: GuardedAgents;
  userAgent: string;
  timeoutMs: number;
  connectTimeoutMs: number;
  maxResponseBytes: number;
  /** Ends the request when the service stops. */
  signal: AbortSignal;
};

/** `status` and `answer` (its first bytes) when there was one. */
export type SendResult = {
  failure: Failure | undefined;
  status: number | undefined;
  retryAfter: string | undefined;
  answer: Buffer | undefined;
};

/**
 * One POST of one event. Redirects are not followed and nothing is repeated: that is the queue's decision. An answer is
 * read up to `maxResponseBytes`; what is beyond closes the connection and changes nothing about its status.
 * @throws AbortError when the service stops: then nobody knows what became of it
 */
export async function sendWebhook(delivery: Delivery, options: SendOptions): Promise<SendResult> {
  let response: PlainResponse | undefined;
  try {
    const request = post(delivery, options);
    request.once('response', (arrived: PlainResponse) => {
      response = arrived;
    });
    const answer = await firstBytes(request, options.maxResponseBytes);
    return { failure: failureOfStatus(statusOf(response)), ...about(response, answer) };
  } catch (err) {
    if (err instanceof AbortError) throw err;
    return { failure: failureOf(err), ...about(response, undefined) };
  }
}

function post({ url, webhookId, body, secrets, timestamp }: Delivery, options: SendOptions): Request {
  const { agents, userAgent, timeoutMs, connectTimeoutMs, signal } = options;
  return got.stream.post(url, {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': userAgent,
      // Compressed bytes could not be bounded before they are unpacked.
      'accept-encoding': 'identity',
      ...webhookHeadersOf({ id: webhookId, timestamp, body }, secrets),
    },
    agent: { http: agents.http, https: agents.https },
    timeout: { request: timeoutMs, connect: connectTimeoutMs },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    signal,
  });
}

/** The stream's bytes up to `max`; breaking off destroys it, and with it the connection. */
async function firstBytes(stream: AsyncIterable<Buffer>, max: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= max) break;
  }
  return Buffer.concat(chunks).subarray(0, max);
}

function statusOf(response: PlainResponse | undefined): number {
  if (!response) throw new Error('the answer ended before it began');
  return response.statusCode;
}

function about(response: PlainResponse | undefined, answer: Buffer | undefined): Omit<SendResult, 'failure'> {
  return { status: response?.statusCode, retryAfter: response?.headers['retry-after'], answer };
}
