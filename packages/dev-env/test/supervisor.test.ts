import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenTcp } from '@parley/common/runtime/listen';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { isRunning, startProgram } from './program.ts';

const FAKE_PARLEY = join(import.meta.dirname, 'fixtures/fake-parley.ts');

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-supervisor-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

function startFakes(env: NodeJS.ProcessEnv = {}, args: string[] = []) {
  return startProgram([FAKE_PARLEY, ...args], { PARLEY_DATA_DIR: dataDir, ...env });
}

/** The fakes' addresses, from the table, and their process ids. */
async function serving(parley: ReturnType<typeof startFakes>) {
  await parley.saw(/Parley is ready/);
  const urls = ['fake-a', 'fake-b'].map(
    (name) => new RegExp(`${name} +(http://\\S+)`).exec(parley.output())?.[1] ?? '',
  );
  const pids = await Promise.all(urls.map(async (url) => Number(await (await fetch(url)).text())));
  return { urls, pids };
}

test.each(['SIGINT', 'SIGTERM'] as const)('%s stops every service in good order', async (signal) => {
  const parley = startFakes();
  const { pids } = await serving(parley);
  parley.signal(signal);
  expect(await parley.exited).toEqual({ code: 0, signal: null });
  expect(pids.map(isRunning)).toEqual([false, false]);
});

test('a stop is heard while services are waited for', async () => {
  const parley = startFakes({ FAKE_NEVER_READY: 'on' });
  await parley.saw(/fake-b +asked whether it is ready/);
  const startedAt = performance.now();
  parley.signal('SIGINT');
  expect(await parley.exited).toEqual({ code: 0, signal: null });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(parley.output()).not.toContain('Parley is ready');
});

test('the same signal from terminal and parent at once is one signal', async () => {
  const parley = startFakes();
  await serving(parley);
  parley.signal('SIGINT');
  parley.signal('SIGINT');
  expect(await parley.exited).toEqual({ code: 0, signal: null });
});

test('a second Ctrl-C ends what does not drain', async () => {
  const parley = startFakes();
  const { urls, pids } = await serving(parley);
  await fetch(`${urls[0]}/hang`);
  parley.signal('SIGINT');
  await vi.waitFor(() => expect(isRunning(pids[1] as number)).toBe(false));
  const again = setInterval(() => parley.signal('SIGINT'), 100);
  expect(await parley.exited).toEqual({ code: 1, signal: null });
  clearInterval(again);
  expect(parley.output()).toContain('fake-a was ended by SIGKILL');
  expect(pids.map(isRunning)).toEqual([false, false]);
});

test('a crash is said, and the service started again', async () => {
  const parley = startFakes();
  const { urls, pids } = await serving(parley);
  await expect(fetch(`${urls[0]}/crash`)).rejects.toThrow();
  await parley.saw(/fake-a was ended by SIGKILL; starting it again in \d\.\d s/);
  await parley.saw(/fake-a is back/);
  expect(isRunning(pids[0] as number)).toBe(false);
  expect(isRunning(pids[1] as number)).toBe(true);
  parley.signal('SIGINT');
  expect(await parley.exited).toEqual({ code: 0, signal: null });
});

test('a service that cannot start says why and ends all', async () => {
  const taken = createServer();
  const { port } = await listenTcp(taken, { host: '127.0.0.1', port: 0, setting: 'TAKEN' });
  onTestFinished(() => void taken.close());
  const parley = startFakes({ FAKE_PORT: `${port}` });
  expect(await parley.exited).toEqual({ code: 1, signal: null });
  expect(parley.output()).toContain(`port ${port} on 127.0.0.1 (FAKE_PORT) is in use by another program`);
  expect(parley.output()).toMatch(/Parley cannot start: fake-[ab] ended with status 1\./);
});

test('every malformed setting is told before anything starts', async () => {
  const parley = startFakes({ PARLEY_DRAIN_MS: 'soon', PARLEY_LOG_LEVEL: 'loud' });
  expect(await parley.exited).toEqual({ code: 1, signal: null });
  expect(parley.output()).toContain('PARLEY_DRAIN_MS: "soon"');
  expect(parley.output()).toContain('PARLEY_LOG_LEVEL: "loud"');
});

test('services end when their supervisor is killed', async () => {
  const parley = startFakes();
  const { pids } = await serving(parley);
  parley.signal('SIGKILL');
  await parley.exited;
  await vi.waitFor(() => expect(pids.map(isRunning)).toEqual([false, false]), { timeout: 5_000 });
});

test('--help describes the program, an unknown option is refused', async () => {
  const help = startFakes({}, ['--help']);
  expect(await help.exited).toEqual({ code: 0, signal: null });
  expect(help.output()).toContain('usage: npm start');
  const wrong = startFakes({}, ['--wrong']);
  expect(await wrong.exited).toEqual({ code: 1, signal: null });
  expect(wrong.output()).toContain("Unknown option '--wrong'");
});
