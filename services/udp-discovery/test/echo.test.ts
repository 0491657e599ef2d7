import { expect, it } from 'vitest';
import { echo } from '../src/echo.ts';
import { openSocket, startDiscovery } from './start-discovery.ts';

it('U1 U3 sends datagrams back as they came, to each sender its own', async () => {
  const service = await startDiscovery();
  const echoPort = { address: '127.0.0.1', port: service.echoPort };
  const [one, other] = [await openSocket(), await openSocket()];
  await one.send(Buffer.from('one'), echoPort);
  await other.send(Buffer.from([0, 255, 10]), echoPort);
  await one.send(Buffer.alloc(0), echoPort);
  expect(await one.receive(1000)).toEqual({ bytes: Buffer.from('one'), from: echoPort });
  expect((await other.receive(1000))?.bytes).toEqual(Buffer.from([0, 255, 10]));
  expect((await one.receive(1000))?.bytes).toHaveLength(0);
});

it('U1 answers no system port and no port of its own, so that two listeners cannot be set on each other', async () => {
  const bytes = Buffer.from('x');
  const own = new Set([8407]);
  expect(echo({ bytes, from: { address: '127.0.0.1', port: 53 } }, own)).toBeUndefined();
  expect(echo({ bytes, from: { address: '127.0.0.1', port: 8407 } }, own)).toBeUndefined();
  expect(echo({ bytes, from: { address: '127.0.0.1', port: 50_000 } }, own)).toBe(bytes);
});

it('U1 is off in production unless it is set', async () => {
  const service = await startDiscovery({ PARLEY_MODE: 'production', DISCOVERY_ECHO_PORT: '' });
  expect(service.addresses.map(({ label }) => label)).not.toContain('UDP echo');
});
