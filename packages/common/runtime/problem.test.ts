import express from 'express';
import { expect, it, onTestFinished } from 'vitest';
import { createClosers } from './closers.ts';
import { ParleyError } from './errors.ts';
import { listenHttp } from './listen.ts';
import { createLogger } from './logger.ts';
import { problemHandler } from './problem.ts';

/** An app whose handlers fail, and what it logs. */
async function serve() {
  const closers = createClosers();
  onTestFinished(() => closers.close());
  const lines: { level: number; msg: string; err: { message: string } }[] = [];
  const log = createLogger({ name: 'test', destination: { write: (line) => void lines.push(JSON.parse(line)) } });
  const app = express();
  app.get('/away', () => {
    throw new ParleyError('UNAVAILABLE', 'The printer is out of paper.', { retryAfterMs: 1_500 });
  });
  app.get('/broken', () => {
    throw new TypeError('a fault');
  });
  app.get('/half', (_req, res) => {
    res.write('one half');
    throw new Error('the other half is lost');
  });
  app.use(problemHandler(log));
  const { url } = await listenHttp(app, { host: '127.0.0.1', port: 0, setting: 'none', closers });
  return { url, lines };
}

it('tells when to come back, and logs an error that has no cause itself', async () => {
  const { url, lines } = await serve();
  const answer = await fetch(`${url}/away`);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await answer.json()).toMatchObject({ code: 'UNAVAILABLE', detail: 'The printer is out of paper.' });
  const told = { msg: 'request failed', err: { message: 'The printer is out of paper.' } };
  expect(lines).toMatchObject([{ ...told, level: 40 }]);
});

it('logs a fault as an error, and says nothing of it', async () => {
  const { url, lines } = await serve();
  const answer = await fetch(`${url}/broken`);
  expect(await answer.json()).toMatchObject({
    status: 500,
    code: 'INTERNAL',
    detail: expect.not.stringContaining('a fault'),
  });
  expect(lines).toMatchObject([{ level: 50, err: { message: 'a fault' } }]);
});

it('breaks an answer off that fails half-way, and logs why', async () => {
  const { url, lines } = await serve();
  await expect(fetch(`${url}/half`).then((answer) => answer.text())).rejects.toThrow();
  expect(lines).toMatchObject([{ msg: 'an answer was broken off', err: { message: 'the other half is lost' } }]);
});
