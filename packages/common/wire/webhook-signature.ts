import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { ParleyError } from '../runtime/errors.ts';

/** Standard Webhooks 1.0: https://www.standardwebhooks.com */
export const webhookHeaders = {
  id: 'webhook-id',
  timestamp: 'webhook-timestamp',
  signature: 'webhook-signature',
} as const;

const secretPrefix = 'whsec_';
const scheme = 'v1';
/** A key has 24 to 64 bytes by the specification. */
const keyBytes = { min: 24, max: 64, created: 32 } as const;
/** How far a timestamp may be off, past or future, unless the caller says otherwise. */
export const webhookToleranceMs = 5 * 60_000;

/** What is signed. `timestamp`: seconds since 1970. `body`: the exact bytes of the request's body. */
export type SignedWebhook = { id: string; timestamp: number; body: Uint8Array | string };

/** The three headers as they came, and the body's exact bytes. */
export type ReceivedWebhook = {
  id: string | undefined;
  timestamp: string | undefined;
  signature: string | undefined;
  body: Uint8Array | string;
};

/** valid; malformed: a header is missing or unreadable; stale: the timestamp is too far off; mismatch: no signature fits. */
export type WebhookVerdict = 'valid' | 'malformed' | 'stale' | 'mismatch';

/** A new secret: `whsec_` and the key in base64. */
export function createWebhookSecret(random: (size: number) => Uint8Array = randomBytes): string {
  return secretPrefix + Buffer.from(random(keyBytes.created)).toString('base64');
}

/** The key in a `whsec_` secret; throws ParleyError BAD_MESSAGE when it is none. */
export function parseWebhookSecret(secret: string): Buffer {
  const encoded = secret.startsWith(secretPrefix) ? secret.slice(secretPrefix.length) : '';
  const key = Buffer.from(encoded, 'base64');
  const isCanonical = key.toString('base64').replaceAll('=', '') === encoded.replaceAll('=', '');
  if (!isCanonical || key.length < keyBytes.min || key.length > keyBytes.max) {
    throw new ParleyError('BAD_MESSAGE', 'A webhook secret is "whsec_" and 24 to 64 bytes in base64.');
  }
  return key;
}

/** The value of `webhook-signature`: one signature for each secret, so that receivers of an old and a new one both find theirs. */
export function signWebhook(webhook: SignedWebhook, secrets: readonly string[]): string {
  return secrets
    .map((secret) => `${scheme},${digest(webhook, parseWebhookSecret(secret)).toString('base64')}`)
    .join(' ');
}

/** All three headers of a delivery. */
export function webhookHeadersOf(webhook: SignedWebhook, secrets: readonly string[]): Record<string, string> {
  return {
    [webhookHeaders.id]: webhook.id,
    [webhookHeaders.timestamp]: String(webhook.timestamp),
    [webhookHeaders.signature]: signWebhook(webhook, secrets),
  };
}

/** Whether one of the signatures is by one of the secrets and the timestamp is near `nowMs`. Compares in constant time. */
export function verifyWebhook(
  received: ReceivedWebhook,
  secrets: readonly string[],
  { nowMs, toleranceMs = webhookToleranceMs }: { nowMs: number; toleranceMs?: number },
): WebhookVerdict {
  const { id, timestamp, signature, body } = received;
  if (!id || !signature || timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return 'malformed';
  const seconds = Number(timestamp);
  if (Math.abs(nowMs - seconds * 1000) > toleranceMs) return 'stale';
  const expected = secrets.map((secret) => digest({ id, timestamp: seconds, body }, parseWebhookSecret(secret)));
  const given = signature.split(' ').flatMap(signatureBytes);
  const matches = given.some((candidate) => expected.some((wanted) => isSame(candidate, wanted)));
  return matches ? 'valid' : 'mismatch';
}

function digest({ id, timestamp, body }: SignedWebhook, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}

/** Schemes that are not ours are passed over, as the specification wants it. */
function signatureBytes(entry: string): Buffer[] {
  return entry.startsWith(`${scheme},`) ? [Buffer.from(entry.slice(scheme.length + 1), 'base64')] : [];
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
