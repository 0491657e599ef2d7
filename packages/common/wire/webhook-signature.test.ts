import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readVectors } from '../vectors/read-vectors.ts';
import {
  createWebhookSecret,
  parseWebhookSecret,
  signWebhook,
  verifyWebhook,
  webhookHeadersOf,
  webhookToleranceMs,
} from './webhook-signature.ts';

type Case = { secrets: string[]; id: string; timestamp: number; body: string; signature: string };
const { cases } = readVectors<{ cases: Case[] }>('webhook-signature');

describe('vectors', () => {
  test.each(cases)('$id', ({ secrets, signature, ...webhook }) => {
    expect(signWebhook(webhook, secrets)).toBe(signature);
    const received = { ...webhook, timestamp: String(webhook.timestamp), signature };
    for (const secret of secrets) {
      expect(verifyWebhook(received, [secret], { nowMs: webhook.timestamp * 1000 })).toBe('valid');
    }
  });
});

describe('verifyWebhook', () => {
  const secret = createWebhookSecret();
  const webhook = { id: 'evt:1', timestamp: 1_000_000, body: '{"a":1}' };
  const nowMs = webhook.timestamp * 1000;
  const received = { ...webhook, timestamp: '1000000', signature: signWebhook(webhook, [secret]) };

  test.each([
    ['another body', { body: '{"a":2}' }, 'mismatch'],
    ['another id', { id: 'evt:2' }, 'mismatch'],
    ['another timestamp', { timestamp: '1000001' }, 'mismatch'],
    ['another scheme', { signature: received.signature.replace('v1,', 'v2,') }, 'mismatch'],
    ['a cut signature', { signature: received.signature.slice(0, -4) }, 'mismatch'],
    ['no signature', { signature: undefined }, 'malformed'],
    ['no id', { id: '' }, 'malformed'],
    ['no timestamp', { timestamp: undefined }, 'malformed'],
    ['a timestamp that is no number', { timestamp: '1e6' }, 'malformed'],
    ['another scheme beside ours', { signature: `v1a,xyz ${received.signature}` }, 'valid'],
  ])('%s', (_, change, verdict) => {
    expect(verifyWebhook({ ...received, ...change }, [secret], { nowMs })).toBe(verdict);
  });

  test('the timestamp may be off by the tolerance, both ways', () => {
    for (const sign of [-1, 1]) {
      const at = (off: number) => verifyWebhook(received, [secret], { nowMs: nowMs + sign * off });
      expect(at(webhookToleranceMs)).toBe('valid');
      expect(at(webhookToleranceMs + 1)).toBe('stale');
    }
  });

  test('a secret of somebody else does not do', () => {
    expect(verifyWebhook(received, [createWebhookSecret()], { nowMs })).toBe('mismatch');
    expect(verifyWebhook(received, [], { nowMs })).toBe('mismatch');
  });

  test('any body survives, as text and as bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (body) => {
        const headers = webhookHeadersOf({ ...webhook, body }, [secret]);
        const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers;
        expect(verifyWebhook({ id, timestamp, signature, body }, [secret], { nowMs })).toBe('valid');
      }),
    );
  });
});

describe('secrets', () => {
  test('a new one is whsec_ and 32 bytes', () => {
    expect(parseWebhookSecret(createWebhookSecret())).toHaveLength(32);
    expect(createWebhookSecret((size) => new Uint8Array(size))).toBe(`whsec_${'A'.repeat(43)}=`);
  });

  test.each(['', 'whsec_', 'whsec_AAAA', `whsec_${'?'.repeat(43)}=`, 'A'.repeat(44)])('%j is none', (secret) => {
    expect(() => parseWebhookSecret(secret)).toThrow(/whsec_/);
  });
});
