import { describe, expect, it, vi } from 'vitest';
import { addressesOf, shareLookups } from './lookup.ts';

const never = () => new Promise<string[]>(() => {});

describe('addressesOf', () => {
  it('T15 takes an address as its own, in brackets too', async () => {
    const lookup = vi.fn(never);
    for (const host of ['127.0.0.1', '::1', '[::1]']) {
      expect(await addressesOf(host, { timeoutMs: 10, lookup })).toEqual([host.replace(/[[\]]/g, '')]);
    }
    expect(lookup).not.toHaveBeenCalled();
  });

  it('says whether a name has no addresses, or came too late, or was given up', async () => {
    const none = addressesOf('none.test', { timeoutMs: 10, lookup: async () => [] });
    await expect(none).rejects.toMatchObject({ code: 'LOOKUP_FAILED' });
    await expect(addressesOf('slow.test', { timeoutMs: 10, lookup: never })).rejects.toMatchObject({
      code: 'LOOKUP_TIMEOUT',
    });
    const stop = new AbortController();
    const options = { timeoutMs: 60_000, lookup: never, signal: stop.signal };
    const waiting = addressesOf('slow.test', options);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(addressesOf('slow.test', options)).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('shareLookups', () => {
  it('looks a name up once for all who ask meanwhile, and anew for who asks later', async () => {
    const answers: ((addresses: string[]) => void)[] = [];
    const looked: string[] = [];
    const shared = shareLookups((hostname) => {
      looked.push(hostname);
      return new Promise((resolve) => answers.push(resolve));
    });
    const both = [shared('a.test'), shared('a.test')];
    const other = shared('b.test');
    expect(looked).toEqual(['a.test', 'b.test']);
    answers[0]?.(['10.0.0.1']);
    answers[1]?.(['10.0.0.2']);
    expect(await Promise.all([...both, other])).toEqual([['10.0.0.1'], ['10.0.0.1'], ['10.0.0.2']]);
    void shared('a.test');
    expect(looked).toEqual(['a.test', 'b.test', 'a.test']);
  });

  it('tells all of them when it fails, and tries again for the next', async () => {
    const lookup = vi.fn(async () => Promise.reject(new Error('no such host')));
    const shared = shareLookups(lookup);
    const results = await Promise.allSettled([shared('a.test'), shared('a.test')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(shared('a.test')).rejects.toThrow('no such host');
    expect(lookup).toHaveBeenCalledTimes(2);
  });
});
