import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createKeyRing, openKeyRing } from './key-ring.ts';
import { createServiceTokens } from './service-tokens.ts';

it('derives another key for each purpose and secret; the first secret signs, all verify', () => {
  const ring = createKeyRing(['new', 'old']);
  const [current, previous] = ring.verifying('ticket');
  expect(ring.signing('ticket')).toEqual(current);
  expect(createKeyRing(['old']).signing('ticket')).toEqual(previous);
  const ids = [current?.id, previous?.id, ring.signing('discovery').id];
  expect(new Set(ids).size).toBe(3);
  expect(current?.key).toHaveLength(32);
});

it('without a secret, processes that start together agree on one that only its owner can read', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-keys-'));
  try {
    const rings = await Promise.all(Array.from({ length: 8 }, () => openKeyRing(undefined, join(dataDir, 'made'))));
    const again = await openKeyRing(undefined, join(dataDir, 'made'));
    expect(new Set([...rings, again].map((ring) => ring.signing('ticket').id)).size).toBe(1);
    expect((await stat(join(dataDir, 'made', 'service-secret'))).mode & 0o777).toBe(0o600);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

it('refuses a kept secret that can be guessed, such as an empty file', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-keys-'));
  try {
    const path = join(dataDir, 'service-secret');
    await writeFile(path, '');
    await expect(openKeyRing(undefined, dataDir)).rejects.toThrow(`${path} holds no secret of 32 characters`);
    expect(await readdir(dataDir)).toEqual(['service-secret']);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

it('service tokens are for one audience, from who shares a secret', async () => {
  const worker = createServiceTokens(createKeyRing(['shared', 'older']), 'api-client-worker');
  const chat = createServiceTokens(createKeyRing(['newer', 'shared']), 'chat-ws');
  expect(await chat.verify(await worker.sign('chat-ws'))).toBe('api-client-worker');
  await expect(chat.verify(await worker.sign('users-api'))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  const stranger = createServiceTokens(createKeyRing(['foreign']), 'api-client-worker');
  await expect(chat.verify(await stranger.sign('chat-ws'))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(chat.verify('')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});
