import { createClosers } from '@parley/common/runtime/closers';
import { openDatabase } from '@parley/common/runtime/database';
import { createKeyRing } from '@parley/common/runtime/key-ring';
import { silentLogger } from '@parley/common/runtime/logger';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { decodeProtectedHeader, errors as joseErrors, jwtVerify } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { migrations } from '../migrations.ts';
import type { Tables, UserRow } from '../tables.ts';
import { createKeyStore, type KeyStore } from './key-store.ts';
import { sealKey, unsealKey } from './sealed-key.ts';
import { openSigningKeys, type SigningKeys } from './signing-keys.ts';

const HOUR = 3_600_000;
const keyRing = createKeyRing(['k'.repeat(32)]);
const log = silentLogger();
const ada = { id: 'u_1', username: 'ada', role: 'user' } as UserRow;

const closers = [createClosers()];
afterEach(async () => {
  await closers.splice(0, 1, createClosers())[0]?.close();
});

describeEachDatabase('signing keys', (databases) => {
  /** Nodes on one database and with one clock that the test sets. */
  async function openNodes(count: number) {
    const { dataDir, databaseUrl } = await databases.create();
    const clock = { now: 1_700_000_000_000 };
    const own = closers[0] as (typeof closers)[0];
    const options = { service: 'users', databaseUrl, dataDir, migrations, closers: own, log } as const;
    const store = createKeyStore(await openDatabase<Tables>(options), keyRing);
    const times = { accessTokenMs: HOUR / 4, rotateMs: 24 * HOUR, leadMs: HOUR, log, now: () => clock.now };
    const open = () => openSigningKeys({ store, ...times });
    return { clock, store, nodes: (await Promise.all(Array.from({ length: count }, open))) as SigningKeys[] };
  }

  const kidOf = async (node: SigningKeys | undefined) =>
    decodeProtectedHeader((await node?.sign(ada, 's_1')) ?? '').kid;
  const kidsOf = (node: SigningKeys | undefined) => node?.jwks().keys.map(({ kid }) => kid);

  test('nodes that start at once make one key between them', async () => {
    const { nodes, store } = await openNodes(4);
    expect(await store.read()).toHaveLength(1);
    expect(new Set(await Promise.all(nodes.map(kidOf))).size).toBe(1);
  });

  test('live from being published to the death of their last token', async () => {
    const { clock, nodes } = await openNodes(2);
    const [node, other] = nodes;
    const first = await kidOf(node);
    clock.now += 23 * HOUR;
    await node?.look();
    await other?.look();
    const published = kidsOf(node);
    expect([published?.length, published?.[0], await kidOf(node)]).toEqual([2, first, first]);
    expect(kidsOf(other)).toEqual(published);

    clock.now += HOUR - 1_000;
    const lastToken = (await node?.sign(ada, 's_1')) ?? '';
    clock.now += 1_000;
    expect(await kidOf(node)).toBe(published?.[1]);
    clock.now += HOUR / 4;
    await node?.look();
    expect(kidsOf(node)).toEqual(published);
    const currentDate = new Date(clock.now - 2_000);
    expect((await jwtVerify(lastToken, node?.verifying as SigningKeys['verifying'], { currentDate })).payload.sub).toBe(
      'u_1',
    );

    clock.now += 60_000;
    await node?.look();
    await other?.look();
    expect(kidsOf(node)).toEqual([published?.[1]]);
    expect(kidsOf(other)).toEqual([published?.[1]]);
  });

  test('a node that missed a key finds it by the token', async () => {
    const { clock, nodes } = await openNodes(2);
    const [node, sleepy] = nodes;
    clock.now += 25 * HOUR;
    await node?.look();
    clock.now += HOUR;
    const token = (await node?.sign(ada, 's_1')) ?? '';
    const { payload } = await jwtVerify(token, sleepy?.verifying as SigningKeys['verifying'], {
      currentDate: new Date(clock.now),
    });
    expect(payload.sub).toBe('u_1');
    expect(kidsOf(sleepy)).toEqual(kidsOf(node));
  });
});

test('while the keys cannot be read, an unknown key is no fault of its token', async () => {
  const store: KeyStore = { read: async () => [], make: async () => {}, erase: async () => {} };
  const clock = { now: 1_700_000_000_000 };
  const times = { accessTokenMs: HOUR, rotateMs: HOUR, leadMs: HOUR, log, now: () => clock.now };
  const { verifying } = await openSigningKeys({ store, ...times });
  const find = async () => verifying({ alg: 'EdDSA', kid: 'of another node' }, { payload: '', signature: '' });
  await expect(find()).rejects.toThrow(joseErrors.JWKSNoMatchingKey);
  store.read = () => Promise.reject(new Error('the database is away'));
  clock.now += 2_000;
  await expect(Promise.all([find(), find()])).rejects.toThrow('the database is away');
  await expect(find()).rejects.toThrow('the database is away');
});

test('a sealed key is read with the secret that sealed it, and changed nothing of it', () => {
  const [one, other] = [createKeyRing(['a'.repeat(32)]), createKeyRing(['b'.repeat(32)])];
  const sealed = sealKey(Buffer.from('private'), one.signing('signing-key'));
  expect(sealed).not.toContain('private');
  expect(unsealKey(sealed, one.verifying('signing-key'))?.toString()).toBe('private');
  expect(unsealKey(sealed, other.verifying('signing-key'))).toBeUndefined();
  const rotated = createKeyRing(['b'.repeat(32), 'a'.repeat(32)]);
  expect(unsealKey(sealed, rotated.verifying('signing-key'))?.toString()).toBe('private');
  const last = sealed.at(-1) === 'A' ? 'E' : 'A';
  expect(() => unsealKey(sealed.slice(0, -1) + last, one.verifying('signing-key'))).toThrow();
});
