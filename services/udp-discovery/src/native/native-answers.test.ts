import type { DiscoveryMessage } from '@parley/common/contracts/discovery';
import { createKeyRing } from '@parley/common/runtime/key-ring';
import { silentLogger } from '@parley/common/runtime/logger';
import { decodeDatagram, encodeDatagram } from '@parley/common/wire/discovery-datagram';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Registry } from '../registry.ts';
import type { AnswerDatagram } from '../serve-datagrams.ts';
import { Cookies } from './cookies.ts';
import { createNativeAnswers } from './native-answers.ts';

const keys = createKeyRing(['a secret that only the services of this test know']);
const otherKeys = createKeyRing(['a secret that belongs to somebody else altogether']);
const policy = { leaseMs: 15_000, leaseMinMs: 1000, leaseMaxMs: 60_000, clockToleranceMs: 300_000 };
const from = { address: '192.0.2.1', port: 50_000 };
const START = 1_800_000_000_000;

let clock: number;
let registry: Registry;
let answer: AnswerDatagram;
let sequence: bigint;
let outcomes: string[];

/** A registry that has just been started; the clocks go on. */
function restart(): void {
  registry = new Registry({ maxInstances: 100, rememberMs: 600_000 });
  const now = () => clock;
  const context = { registry, cookies: new Cookies(Buffer.alloc(32, 1)), policy, log: silentLogger(), now };
  answer = createNativeAnswers({
    context: { ...context, wallClock: () => START + clock },
    keys,
    maxAnswers: 100,
    onRequest: (type, outcome) => outcomes.push(`${type} ${outcome}`),
  });
}

beforeEach(() => {
  clock = 0;
  sequence = BigInt(START);
  outcomes = [];
  restart();
});

function signed(message: DiscoveryMessage, { ring = keys, requestId = 7, at = nextSequence() } = {}): Buffer {
  const { id: keyId, key } = ring.signing('discovery');
  return encodeDatagram({ requestId, confirmable: true, message }, { epoch: 5n, sequence: at, keyId, key });
}

function nextSequence(): bigint {
  const clockNow = BigInt(START + clock);
  sequence = clockNow > sequence ? clockNow : sequence + 1n;
  return sequence;
}

function unsigned(message: DiscoveryMessage): Buffer {
  return encodeDatagram({ requestId: 7, confirmable: true, message });
}

function ask(bytes: Uint8Array, sender = from) {
  const reply = answer({ bytes: Buffer.from(bytes), from: sender });
  return reply && { ...decodeDatagram(reply, keys.verifying('discovery')), bytes: reply };
}

const chat = (instance = 'a1'): DiscoveryMessage => ({
  type: 'announce',
  name: 'chat-ws',
  instance,
  address: '10.0.0.1',
  ports: { http: 8081 },
  main: 'http',
  version: '1.0.0',
});
const renewal: DiscoveryMessage = { type: 'renew', name: 'chat-ws', instance: 'a1' };
const withdrawal: DiscoveryMessage = { type: 'withdraw', name: 'chat-ws', instance: 'a1' };
const where: DiscoveryMessage = { type: 'locate', name: 'chat-ws' };

describe('a signed request', () => {
  it('is answered with its own id, epoch and sequence, signed with its key', () => {
    const reply = ask(signed(chat(), { requestId: 99 }));
    expect(reply).toMatchObject({ requestId: 99, message: { type: 'ok', leaseMs: 15_000 } });
    expect(reply?.origin).toEqual({ epoch: 5n, sequence, keyId: keys.signing('discovery').id });
    expect(registry.find('chat-ws', 'a1', clock)).toMatchObject({ address: '10.0.0.1', state: 'up' });
  });

  it('gets the lease it wishes for, within bounds', () => {
    const granted = (leaseMs: number) => ask(signed({ ...chat(), leaseMs } as DiscoveryMessage))?.message;
    expect(granted(20_000)).toEqual({ type: 'ok', leaseMs: 20_000 });
    expect(granted(1)).toEqual({ type: 'ok', leaseMs: 1000 });
    expect(granted(4_000_000_000)).toEqual({ type: 'ok', leaseMs: 60_000 });
  });

  it('is told to announce again when its lease has ended', () => {
    ask(signed(chat()));
    clock = 14_000;
    expect(ask(signed(renewal))?.message).toEqual({ type: 'ok', leaseMs: 15_000 });
    clock = 29_000;
    expect(ask(signed(renewal))?.message).toMatchObject({ type: 'error', code: 'NOT_FOUND' });
  });
});

describe('U9 repetitions', () => {
  it('have one effect, and each copy gets the same answer', () => {
    const datagram = signed(chat());
    const first = ask(datagram);
    ask(signed(withdrawal));
    expect(ask(datagram)?.bytes).toEqual(first?.bytes);
    expect(registry.size).toBe(0);
    expect(outcomes).toEqual(['announce ok', 'withdraw ok', 'announce repeated']);
  });

  it('from elsewhere are replays: refused, without an effect', () => {
    const datagram = signed(chat());
    ask(datagram);
    ask(signed(withdrawal));
    const replay = ask(datagram, { address: '198.51.100.9', port: 4000 });
    expect(replay?.message).toMatchObject({ type: 'error', code: 'CONFLICT' });
    expect(registry.size).toBe(0);
  });

  it('that come late change nothing: who left stays away, who came back stays there', () => {
    const [early, left, back] = [signed(chat()), signed(withdrawal), signed(chat())];
    ask(left);
    expect(ask(early)?.message).toMatchObject({ code: 'CONFLICT' });
    expect(registry.size).toBe(0);
    restart();
    ask(back);
    expect(ask(left)?.message).toMatchObject({ code: 'CONFLICT' });
    expect(registry.size).toBe(1);
  });

  it('are worthless to a registry that was restarted, once they are old', () => {
    const recorded = signed(chat());
    clock = policy.clockToleranceMs + 1000;
    restart();
    expect(ask(recorded)?.message).toMatchObject({ type: 'error', code: 'CONFLICT' });
    expect(registry.size).toBe(0);
  });
});

describe('who may change the registry', () => {
  it.each([
    ['unsigned', () => unsigned(chat())],
    ['signed with another key', () => signed(chat(), { ring: otherKeys })],
    ['changed on the way', () => tampered(signed(chat()))],
    ['an unsigned withdrawal', () => unsigned(withdrawal)],
  ])('not: %s', (_name, datagram) => {
    ask(signed(chat()));
    const reply = ask(datagram());
    expect(reply?.message).toMatchObject({ type: 'error', code: 'UNAUTHENTICATED' });
    expect(reply?.origin).toBeUndefined();
    expect(registry.find('chat-ws', 'a1', clock)?.address).toBe('10.0.0.1');
  });

  it('also with the second secret while secrets are being changed', () => {
    const both = createKeyRing([
      'a new secret that takes over from now on',
      'a secret that only the services of this test know',
    ]);
    const context = { registry, cookies: new Cookies(Buffer.alloc(32)), policy, log: silentLogger(), now: () => 0 };
    answer = createNativeAnswers({
      context: { ...context, wallClock: () => START },
      keys: both,
      maxAnswers: 10,
      onRequest: () => {},
    });
    const reply = ask(signed(chat()));
    expect(reply).toMatchObject({ message: { type: 'ok' }, origin: { keyId: keys.signing('discovery').id } });
  });
});

/** Another address under the same signature. */
function tampered(datagram: Buffer): Buffer {
  const at = datagram.indexOf('10.0.0.1');
  const changed = Buffer.from(datagram);
  changed.write('10.0.0.2', at);
  return changed;
}

describe('locate', () => {
  function register(count: number): void {
    for (let n = 0; n < count; n++) ask(signed({ ...chat(`node-${n}`), load: n === 3 ? 0 : 500 } as DiscoveryMessage));
  }

  it('needs no signature, and never sends an unproved address more than three times what it sent', () => {
    register(5);
    const bytes = unsigned(where);
    const reply = ask(bytes);
    expect(reply?.message.type).toBe('cookie');
    expect(reply!.bytes.length).toBeLessThanOrEqual(3 * bytes.length);
    const { cookie } = reply!.message as { cookie: Uint8Array };
    expect(ask(unsigned({ ...where, cookie } as DiscoveryMessage))?.message).toMatchObject({ type: 'found', total: 5 });
    const elsewhere = ask(unsigned({ ...where, cookie } as DiscoveryMessage), { address: '198.51.100.9', port: 4000 });
    expect(elsewhere?.message.type).toBe('cookie');
  });

  it('gives at once what is short: that there is nobody', () => {
    expect(ask(unsigned(where))?.message).toMatchObject({ type: 'found', instances: [], total: 0 });
  });

  it('is answered anew when it is repeated: only changes are answered from memory', () => {
    const question = signed(where);
    expect(ask(question)?.message).toMatchObject({ total: 0 });
    register(1);
    expect(ask(question)?.message).toMatchObject({ total: 1 });
  });

  it('with a wrong signature is refused', () => {
    expect(ask(signed(where, { ring: otherKeys }))?.message).toMatchObject({ type: 'error', code: 'UNAUTHENTICATED' });
  });

  it('lets a cookie expire', () => {
    register(3);
    const { cookie } = ask(unsigned(where))!.message as { cookie: Uint8Array };
    const withCookie = unsigned({ ...where, cookie } as DiscoveryMessage);
    clock = 300_001;
    register(3);
    expect(ask(withCookie)?.message.type).toBe('found');
    clock = 600_001;
    register(3);
    expect(ask(withCookie)?.message.type).toBe('cookie');
  });

  it('fits into one datagram: the least busy first, and how many there are', () => {
    register(90);
    const { cookie } = ask(signed(where))!.message as { cookie: Uint8Array };
    const reply = ask(signed({ ...where, cookie } as DiscoveryMessage));
    const { instances, total } = reply!.message as { instances: { instance: string }[]; total: number };
    expect(reply!.bytes.length).toBeLessThanOrEqual(1200);
    expect(total).toBe(90);
    expect(instances.length).toBeGreaterThan(5);
    expect(instances[0]?.instance).toBe('node-3');
  });
});

describe('U12 what cannot be answered well', () => {
  it('says that watching is not offered', () => {
    expect(ask(unsigned({ type: 'watch', name: 'x' }))?.message).toMatchObject({ type: 'error', code: 'UNKNOWN_TYPE' });
  });

  it('is silent to answers, fragments, and other protocols', () => {
    const whole = signed(chat());
    for (let length = 0; length < whole.length; length++) expect(ask(whole.subarray(0, length))).toBeUndefined();
    expect(ask(unsigned({ type: 'ok' }))).toBeUndefined();
    expect(ask(Buffer.concat([whole, Buffer.alloc(1500)]))).toBeUndefined();
  });

  it('survives whatever comes, and never sends an unproved address more than three times as much', () => {
    ask(signed(chat()));
    const seeds = [signed(chat('a2')), signed(renewal), unsigned(where), unsigned({ type: 'watch', name: 'x' })];
    const mangled = fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }), fc.nat(400))
      .map(([seed, changes, length]) => {
        const bytes = Buffer.from(seed);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return length % 3 === 0 ? bytes.subarray(0, length) : bytes;
      });
    const garbage = fc.uint8Array({ maxLength: 1300 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(mangled, garbage), (bytes) => {
        const reply = answer({ bytes, from });
        expect(reply?.length ?? 0).toBeLessThanOrEqual(3 * bytes.length);
      }),
      { numRuns: 1000 },
    );
    expect(registry.size).toBeLessThanOrEqual(2);
  });
});
