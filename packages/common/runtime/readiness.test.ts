import express from 'express';
import { expect, it, onTestFinished } from 'vitest';
import { createClosers } from './closers.ts';
import { listenHttp } from './listen.ts';
import { silentLogger } from './logger.ts';
import { type Check, readiness } from './readiness.ts';

async function serve(checks: Check[], timeoutMs?: number) {
  const closers = createClosers();
  onTestFinished(() => closers.close());
  const app = express().get('/', readiness({ checks, closers, log: silentLogger(), timeoutMs }));
  const { url } = await listenHttp(app, { host: '127.0.0.1', port: 0, setting: 'none', closers });
  return async () => {
    const answer = await fetch(url);
    return [answer.status, await answer.json()];
  };
}

it('is ready when nothing is wrong; notes change nothing', async () => {
  const ask = await serve([
    { name: 'disk', check: () => undefined },
    { name: 'mDNS', check: async () => 'the port is taken', isNote: true },
  ]);
  expect(await ask()).toEqual([200, { status: 'ready', notes: { mDNS: 'the port is taken' } }]);
});

it('says each thing that is wrong, also of checks that fail, and nothing of how', async () => {
  const ask = await serve([
    { name: 'disk', check: () => 'is full' },
    {
      name: 'database',
      check: () => {
        throw new Error('password of parley at 10.0.0.7 is wrong');
      },
    },
  ]);
  expect(await ask()).toEqual([
    503,
    { status: 'not ready', problems: { disk: 'is full', database: 'cannot be told' } },
  ]);
});

it('does not hang on a check that does, nor ask it again meanwhile', async () => {
  let asked = 0;
  const check = () => {
    asked += 1;
    return new Promise<undefined>(() => {});
  };
  const ask = await serve([{ name: 'database', check }], 20);
  const late = [503, { status: 'not ready', problems: { database: 'gives no answer' } }];
  expect(await Promise.all([ask(), ask()])).toEqual([late, late]);
  expect(await ask()).toEqual(late);
  expect(asked).toBe(1);
});
