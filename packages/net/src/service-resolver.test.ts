import type { FoundInstance } from '@parley/common/contracts/discovery';
import { silentLogger } from '@parley/common/runtime/logger';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createResolver, type ResolverOptions } from './service-resolver.ts';

function instance(name: string, more: Partial<FoundInstance> = {}): FoundInstance {
  const place = { address: '10.0.0.1', ports: { http: 8081, tcp: 7000 }, main: 'http', version: '1' };
  return { instance: name, ...place, state: 'up', expiresInMs: 1000, ...more };
}

let clock: number;
let listed: FoundInstance[] | undefined;
const locate = vi.fn(async () => listed);

function resolver(options: Partial<ResolverOptions> = {}) {
  const defaults = { name: 'chat-ws', fixedUrl: undefined, defaultUrl: 'ws://127.0.0.1:8081/link', cacheMs: 2000 };
  return createResolver({ ...defaults, locate, now: () => clock, log: silentLogger(), ...options });
}

beforeEach(() => {
  clock = 0;
  listed = [instance('a')];
  locate.mockClear();
});

describe('U10 createResolver', () => {
  it('takes address and port from the registry, scheme and path from the default', async () => {
    expect((await resolver()()).href).toBe('ws://10.0.0.1:8081/link');
    expect((await resolver({ portName: 'tcp' })()).href).toBe('ws://10.0.0.1:7000/link');
    listed = [instance('a', { address: '2001:db8::1', main: 'tcp' })];
    expect((await resolver()()).href).toBe('ws://[2001:db8::1]:7000/link');
  });

  it('falls back to the default when nobody is known who has that port', async () => {
    for (const answer of [undefined, [], [instance('a', { ports: { udp: 1 }, main: 'udp' })]]) {
      listed = answer;
      expect((await resolver({ portName: 'http' })()).href).toBe('ws://127.0.0.1:8081/link');
    }
  });

  it('asks once for all who wait, then not again for a while; sooner when nobody was there', async () => {
    const resolve = resolver();
    await Promise.all([resolve(), resolve(), resolve()]);
    clock = 1999;
    await resolve();
    expect(locate).toHaveBeenCalledTimes(1);
    clock = 2000;
    listed = [];
    await resolve();
    clock = 2099;
    await resolve();
    expect(locate).toHaveBeenCalledTimes(2);
    clock = 2100;
    await resolve();
    expect(locate).toHaveBeenCalledTimes(3);
  });

  it('keeps to its instance while it is listed, and to the last one while nobody is or the registry is away', async () => {
    const resolve = resolver({ cacheMs: 0 });
    const place = { address: '10.0.0.2', ports: { http: 9000 } };
    await resolve();
    const others = Array.from({ length: 20 }, (_, n) => instance(`b${n}`, place));
    listed = [...others, instance('a')];
    expect((await resolve()).host).toBe('10.0.0.1:8081');
    listed = [...others, instance('a', { ports: { http: 8082 } })];
    expect((await resolve()).host).toBe('10.0.0.1:8082');
    listed = others;
    expect((await resolve()).host).toBe('10.0.0.2:9000');
    for (const answer of [[], undefined]) {
      listed = answer;
      clock += 10_000;
      expect((await resolve()).host).toBe('10.0.0.2:9000');
    }
  });

  it('does not wait for a registry that is away, and notices when it is back', async () => {
    const resolve = resolver({ cacheMs: 0 });
    await resolve();
    listed = undefined;
    await resolve();
    clock += 500;
    const { promise, resolve: answer } = Promise.withResolvers<FoundInstance[]>();
    locate.mockReturnValueOnce(promise);
    expect((await resolve()).host).toBe('10.0.0.1:8081');
    answer([instance('b', { address: '10.0.0.2' })]);
    await promise;
    await vi.waitFor(async () => expect((await resolve()).host).toBe('10.0.0.2:8081'));
  });

  it('a fixed address wins, and nobody is asked', async () => {
    expect((await resolver({ fixedUrl: 'http://chat.example/x' })()).href).toBe('http://chat.example/x');
    expect(locate).not.toHaveBeenCalled();
  });
});
