import { argon2Sync } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { createPasswords } from './passwords.ts';
import { decodePhc, encodePhc } from './phc.ts';
import { createWorkGate } from './work-gate.ts';

const passwords = createPasswords(createWorkGate({ places: 2, maxWaiting: 10 }));

describe('passwords', () => {
  test('are verified, in any form of Unicode, and wrong ones are not', async () => {
    const hash = await passwords.hash('caf\u00e9 noir');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwords.verify('cafe\u0301 noir', hash)).toBe(true);
    expect(await passwords.verify('cafe noir', hash)).toBe(false);
  });

  test('get a salt of their own', async () => {
    expect(await passwords.hash('same')).not.toBe(await passwords.hash('same'));
  });

  test('of an unknown user are false, after as much work as for a known one', async () => {
    const gate = createWorkGate({ places: 1, maxWaiting: 0 });
    const run = vi.spyOn(gate, 'run');
    const { hash, verify } = createPasswords(gate);
    const known = await hash('something');
    expect(await verify('anything', undefined)).toBe(false);
    expect(await verify('anything', known)).toBe(false);
    expect(run).toHaveBeenCalledTimes(3);
  });

  test('are verified with the cost that they were hashed with', async () => {
    const cost = { memory: 64, passes: 1, parallelism: 1 };
    const salt = Buffer.from('somesaltsomesalt');
    const hash = argon2Sync('argon2id', { ...cost, message: 'old', nonce: salt, tagLength: 24 });
    expect(await passwords.verify('old', encodePhc({ ...cost, salt, hash }))).toBe(true);
  });
});

test('the PHC format is read as it was written', () => {
  const hash = { memory: 64, passes: 3, parallelism: 2, salt: Buffer.alloc(16, 7), hash: Buffer.alloc(32, 9) };
  expect(decodePhc(encodePhc(hash))).toEqual(hash);
  expect(() => decodePhc('$argon2i$v=19$m=64,t=3,p=2$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA')).toThrow(
    'not an argon2id hash',
  );
});

describe('a work gate', () => {
  test('lets so many in at once, in order, and refuses who would wait behind too many', async () => {
    const onRefused = vi.fn();
    const gate = createWorkGate({ places: 2, maxWaiting: 2, onRefused });
    const started: number[] = [];
    const ends = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const runs = ends.map(({ promise }, i) =>
      gate.run(() => {
        started.push(i);
        return promise;
      }),
    );
    await expect(gate.run(async () => {})).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    expect(onRefused).toHaveBeenCalledTimes(1);
    expect([started, gate.waiting]).toEqual([[0, 1], 2]);
    ends[1]?.resolve();
    await runs[1];
    ends[0]?.reject(new Error('failed'));
    await expect(runs[0]).rejects.toThrow('failed');
    ends[2]?.resolve();
    ends[3]?.resolve();
    await Promise.all([runs[2], runs[3]]);
    expect([started, gate.waiting]).toEqual([[0, 1, 2, 3], 0]);
    expect(await Promise.all([gate.run(async () => 'free'), gate.run(async () => 'again')])).toEqual(['free', 'again']);
  });
});
