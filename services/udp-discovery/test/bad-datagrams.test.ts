import { createKeyRing } from '@parley/common/runtime/key-ring';
import { expect, it } from 'vitest';
import { ask, signed, unsigned } from './raw-datagrams.ts';
import { chat, listed, listedIds, openClient, openSocket, startDiscovery } from './start-discovery.ts';

const announcement = (instance: string) => ({ type: 'announce', ...chat(instance) }) as const;

it('U12 refuses what is not signed, or signed with another secret, or recorded', async () => {
  const service = await startDiscovery();
  const socket = await openSocket();
  const unauthenticated = { message: { type: 'error', code: 'UNAUTHENTICATED' } };
  expect(await ask(socket, service.udpPort, unsigned(announcement('u')))).toMatchObject(unauthenticated);
  const otherRing = createKeyRing(['the secret of another installation, not of ours']);
  expect(await ask(socket, service.udpPort, signed(announcement('w'), otherRing))).toMatchObject(unauthenticated);
  expect(await listedIds(service, 'chat-ws')).toEqual([]);

  const recorded = signed(announcement('a1'));
  await ask(socket, service.udpPort, recorded);
  await ask(socket, service.udpPort, signed({ type: 'withdraw', name: 'chat-ws', instance: 'a1' }));
  const attacker = await openSocket();
  expect(await ask(attacker, service.udpPort, recorded)).toMatchObject({
    message: { type: 'error', code: 'CONFLICT' },
  });
  expect(await listedIds(service, 'chat-ws')).toEqual([]);
});

it('U12 a flood of garbage, fragments and oversize datagrams changes nothing and stops nothing', async () => {
  const service = await startDiscovery();
  const socket = await openSocket();
  const registry = { address: '127.0.0.1', port: service.udpPort };
  await ask(socket, service.udpPort, signed(announcement('a1')));
  const before = await listed(service, 'chat-ws');
  const whole = signed(announcement('b2'));
  for (let length = 0; length < whole.length; length += 7) await socket.send(whole.subarray(0, length), registry);
  await socket.send(Buffer.alloc(65_507, 0x50), registry);
  await socket.send(Buffer.concat([whole, Buffer.alloc(1200)]), registry);
  for (let n = 0; n < 300; n++) await socket.send(Buffer.alloc((n * 37) % 1400, n), registry);
  const dns = { address: '127.0.0.1', port: service.dnsPort };
  for (let n = 0; n < 300; n++) await socket.send(Buffer.alloc((n * 37) % 1400, n), dns);

  // The kernel may have dropped a question in the flood: the client repeats it.
  expect(await openClient(service.udpPort).locate('nobody')).toEqual([]);
  const after = await listed(service, 'chat-ws');
  expect(after.map(({ instance, state }) => [instance, state])).toEqual(before.map(({ instance }) => [instance, 'up']));
  expect((await fetch(`${service.http}/readyz`)).status).toBe(200);
});

it('U12 an unsigned look-up works, and proves its address before it gets more than three times its bytes', async () => {
  const service = await startDiscovery();
  const socket = await openSocket();
  await ask(socket, service.udpPort, signed(announcement('a1')));
  const question = unsigned({ type: 'locate', name: 'chat-ws' });
  const first = await ask(socket, service.udpPort, question);
  expect(first.bytes).toBeLessThanOrEqual(3 * question.length);
  if (first.message.type !== 'cookie') throw new Error(`expected a cookie, not ${first.message.type}`);
  const { cookie } = first.message;
  const second = await ask(socket, service.udpPort, unsigned({ type: 'locate', name: 'chat-ws', cookie }));
  expect(second.message).toMatchObject({ type: 'found', instances: [{ instance: 'a1' }] });
  expect(second.origin).toBeUndefined();
});

it('says that it does not offer to watch', async () => {
  const service = await startDiscovery();
  const reply = await ask(await openSocket(), service.udpPort, signed({ type: 'watch', name: 'chat-ws' }));
  expect(reply.message).toMatchObject({ type: 'error', code: 'UNKNOWN_TYPE' });
});
