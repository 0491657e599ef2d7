import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messagePosted } from '@parley/common/contracts/events/message-posted';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { verifyWebhook } from '@parley/common/wire/webhook-signature';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type LineClient, openLineClient } from '../src/line-client.ts';
import { type Processes, startProcesses } from '../src/processes.ts';
import { addWebhook, login, register } from '../src/rest-client.ts';
import { services } from '../src/services.ts';
import { openWebClient, type WebClient } from '../src/web-client.ts';
import { showLogs } from './start-test-processes.ts';
import { testWithProgram } from './test-with-program.ts';
import { startWebhookReceiver } from './webhook-receiver.ts';

const names = services.map(({ name }) => name);
const MESSAGES = ['hello', 'over TCP', 'a \\ and "quotes"', 'fin'];

describeEachDatabase('the five services as processes of their own', (databases) => {
  let processes: Processes;
  let token: string;
  beforeAll(async () => {
    processes = await startProcesses(await databases.create());
    token = (await register(processes.port('USERS_API_PORT'), 'ada')).accessToken;
  });
  afterAll(() => processes?.stopAll());
  beforeEach(({ onTestFailed }) => onTestFailed(() => showLogs(processes, names)));

  test('a message from TCP reaches WebSocket and webhook, in order, once', async () => {
    const { url, deliveries } = await startWebhookReceiver();
    const { secret } = await addWebhook(processes.port('WORKER_PORT'), token, { url, events: ['message.posted'] });
    const web = await joinByWebSocket(processes, token);
    const line = await joinByLine(processes, token);
    line.send(...MESSAGES);
    await line.saw(/^POSTED lobby \S+:4$/);
    await vi.waitFor(() => expect(deliveries.length).toBeGreaterThanOrEqual(MESSAGES.length), 15_000);

    const seen = web.received.filter(({ type }) => type === 'message');
    expect(seen).toMatchObject(MESSAGES.map((text, i) => ({ seq: i + 1, text, from: { name: 'ada' } })));
    const events = deliveries.map(({ body }) => messagePosted.parse(JSON.parse(String(body))));
    expect(events.map(({ data }) => [data.seq, data.text])).toEqual(MESSAGES.map((text, i) => [i + 1, text]));
    expect(new Set(deliveries.map(({ id }) => id)).size).toBe(MESSAGES.length);
    const verdicts = deliveries.map((delivery) => verifyWebhook(delivery, [secret], { nowMs: Date.now() }));
    expect(verdicts).toEqual(MESSAGES.map(() => 'valid'));
  });

  test('a token of a login on users-api is taken by chat-ws and by the gateway, a wrong one by neither', async () => {
    const { accessToken } = await login(processes.port('USERS_API_PORT'), 'ada');
    await Promise.all([joinByWebSocket(processes, accessToken), joinByLine(processes, accessToken)]);

    const wrong = `${accessToken.slice(0, -10)}AAAAAAAAAA`;
    const web = await openWebClient(processes.port('CHAT_WS_PORT'));
    web.send({ type: 'auth', token: wrong });
    expect(await web.saw('auth_failed')).toMatchObject({ code: 'UNAUTHENTICATED' });
    const line = await openLineClient(processes.port('GATEWAY_PORT'));
    line.send(`AUTH ${wrong}`);
    await line.saw(/^AUTH_FAILED /);
  });

  testWithProgram('dig', 'dig finds chat-ws', async () => {
    const port = processes.port('DISCOVERY_DNS_PORT');
    const args = ['@127.0.0.1', '-p', `${port}`, '+short', 'SRV', 'chat-ws.parley.'];
    await vi.waitFor(async () => {
      const { stdout } = await promisify(execFile)('dig', args);
      expect(stdout).toMatch(
        new RegExp(`^\\d+ \\d+ ${processes.port('CHAT_WS_PORT')} [0-9a-f]+\\.chat-ws\\.parley\\.$`, 'm'),
      );
    }, 10_000);
  });

  test('everything stopped and started again: the history is there', async () => {
    const before = await joinByLine(processes, token, 'attic');
    before.send(...MESSAGES);
    await before.saw(/^POSTED attic \S+:4$/);
    await processes.stopAll();
    await processes.startAll();
    const after = await joinByLine(processes, token, 'attic');
    after.send('/history');
    await after.saw(/^END$/);
    const past = after.lines.filter((line) => line.startsWith('PAST '));
    expect(past).toEqual(MESSAGES.map((text, i) => `PAST attic ${i + 1} ada ${text.replace('\\', '\\\\')}`));
  });
});

async function joinByWebSocket(processes: Processes, token: string): Promise<WebClient> {
  const web = await openWebClient(processes.port('CHAT_WS_PORT'));
  onTestFinished(() => web.close());
  web.send({ type: 'auth', token });
  expect(await web.saw('auth_success')).toMatchObject({ user: { name: 'ada' } });
  web.send({ type: 'join', room: 'lobby' });
  await web.saw('joined');
  return web;
}

async function joinByLine(processes: Processes, token: string, room = 'lobby'): Promise<LineClient> {
  const line = await openLineClient(processes.port('GATEWAY_PORT'));
  onTestFinished(() => line.close());
  line.send(`AUTH ${token}`, `JOIN ${room}`);
  await line.saw(/^AUTH_SUCCESS ada$/);
  await line.saw(new RegExp(`^JOINED ${room} `));
  return line;
}
