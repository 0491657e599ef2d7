import { type MessagePosted, messagePosted } from '@parley/common/contracts/events/message-posted';
import { type ReceivedWebhook, verifyWebhook } from '@parley/common/wire/webhook-signature';
import got from 'got';
import { openLineClient } from './line-client.ts';
import { addWebhook, register } from './rest-client.ts';
import { waitFor } from './wait-for.ts';
import { openWebClient } from './web-client.ts';

/**
 * One message through a Parley that runs on the default ports of this machine, new and in production mode: in as a
 * line over TCP, out over WebSocket and as a signed webhook. `infra/smoke-test/run` starts that Parley in containers.
 *
 * usage: node smoke-test.ts <setup token> <the webhook receiver's address for the worker> <its address from here>
 */
async function smokeTest(setupToken: string, receiverUrl: string, receiverFromHere: string): Promise<void> {
  const admin = await register(8080, 'ada', setupToken);
  const { secret } = await addWebhook(8082, admin.accessToken, { url: receiverUrl, events: ['message.posted'] });

  const web = await openWebClient(8081);
  web.send({ type: 'auth', token: admin.accessToken });
  await web.saw('auth_success');
  web.send({ type: 'join', room: 'lobby' });
  await web.saw('joined');

  const line = await openLineClient(7000);
  line.send(`AUTH ${admin.accessToken}`, 'JOIN lobby', 'hello from TCP');
  await line.saw(/^AUTH_SUCCESS ada$/);
  const posted = await line.saw(/^POSTED lobby /);

  const { seq, text, from } = await web.saw('message');
  same('the WebSocket message', { seq, text, from: from.name }, { seq: 1, text: 'hello from TCP', from: 'ada' });

  const delivery = await waitFor('the webhook', async () => (await deliveriesTo(receiverFromHere))[0]);
  same('the signature', verifyWebhook(delivery, [secret], { nowMs: Date.now() }), 'valid');
  const { data }: MessagePosted = messagePosted.parse(JSON.parse(String(delivery.body)));
  same('the webhook', { seq: data.seq, text: data.text }, { seq: 1, text: 'hello from TCP' });
  same('the position', posted, `POSTED lobby ${data.epoch}:1`);
  await Promise.all([web.close(), line.close()]);
}

async function deliveriesTo(url: string): Promise<ReceivedWebhook[]> {
  const deliveries = await got(url).json<{ headers: Record<string, string>; body: string }[]>();
  return deliveries.map(({ headers, body }) => ({
    id: headers['webhook-id'],
    timestamp: headers['webhook-timestamp'],
    signature: headers['webhook-signature'],
    body,
  }));
}

function same(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [actual, expected].map((value) => JSON.stringify(value));
  if (is !== should) throw new Error(`${what} is ${is}, not ${should}`);
}

const [setupToken = '', receiverUrl = '', receiverFromHere = ''] = process.argv.slice(2);
await smokeTest(setupToken, receiverUrl, receiverFromHere);
process.stdout.write('one message went in over TCP and came out over WebSocket and as a signed webhook\n');
