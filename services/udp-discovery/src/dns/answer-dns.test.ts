import { type Answer, decode, encode, type OptAnswer } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Registry } from '../registry.ts';
import { answerDns, type DnsCarrier } from './answer-dns.ts';
import { DnsTcpDecoder, encodeDnsTcp } from './tcp-framing.ts';
import type { ZoneSource } from './zone.ts';

const RCODE = { NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };

function zoneWith(instances: number, { name = 'chat-ws', label = 'instance-' } = {}): ZoneSource {
  const registry = new Registry({ maxInstances: 10_000, rememberMs: 1000 });
  for (let n = 0; n < instances; n++) {
    const announcement = {
      name,
      instance: `${label}${n}`,
      version: '1',
      address: `10.0.${n >> 8}.${n & 255}`,
    };
    const grant = { stamp: { epoch: 1n, sequence: 1n }, now: 0, leaseMs: 15_000 };
    registry.announce({ ...announcement, ports: { http: 8081 }, main: 'http' }, grant);
  }
  const { revision } = registry;
  return { locate: (name) => registry.locate(name, 0), instance: (name, one) => registry.find(name, one, 0), revision };
}

function opt(udpPayloadSize: number, ednsVersion = 0): OptAnswer {
  const options = { extendedRcode: 0, flags: 0, flag_do: false, options: [] };
  return { type: 'OPT', name: '.', udpPayloadSize, ednsVersion, ...options };
}

const txt: Answer = { type: 'TXT', name: 'x', data: 'y' };

function query(name: string, type: 'SRV' | 'A', additionals: Answer[] = []): Buffer {
  return encode({ type: 'query', id: 0x1234, flags: 0x0100, questions: [{ name, type }], additionals });
}

const overTcp: DnsCarrier = { transport: 'tcp' };
const overUdp: DnsCarrier = { transport: 'udp', mayAmplify: () => true };
const limits = { ttl: 5, maxQueryBytes: 4096 };

function answerTo(bytes: Buffer, { instances = 1, carrier = overUdp, name = 'chat-ws', label = 'instance-' } = {}) {
  const answer = answerDns(bytes, { source: zoneWith(instances, { name, label }), carrier, ...limits });
  if (!answer) return undefined;
  const { id, questions, answers, additionals, flag_aa, flag_tc, flag_rd, flag_ra } = decode(answer);
  const rcode = answer.readUInt16BE(2) & 0xf;
  return { bytes: answer, id, rcode, questions, answers, additionals, flag_aa, flag_tc, flag_rd, flag_ra };
}

describe('answerDns', () => {
  it('answers with the question, the id and the right flags', () => {
    const answer = answerTo(query('chat-ws.parley', 'SRV'));
    expect(answer).toMatchObject({
      id: 0x1234,
      rcode: RCODE.NOERROR,
      flag_aa: true,
      flag_tc: false,
      flag_rd: true,
      flag_ra: false,
    });
    expect(answer?.questions).toMatchObject([{ name: 'chat-ws.parley', type: 'SRV' }]);
    expect(answer?.additionals).toMatchObject([{ type: 'A', data: '10.0.0.0' }]);
  });

  it('keeps to 512 bytes without EDNS: first the additional section goes, then the answer, with TC', () => {
    const without = answerTo(query('chat-ws.parley', 'SRV'), { instances: 6 });
    expect(without).toMatchObject({ flag_tc: false, additionals: [] });
    expect(without?.answers).toHaveLength(6);
    const truncated = answerTo(query('chat-ws.parley', 'SRV'), { instances: 20 });
    expect(truncated).toMatchObject({ flag_tc: true, answers: [], rcode: RCODE.NOERROR });
    expect(truncated?.bytes.length).toBeLessThanOrEqual(512);
  });

  it.each([
    [512, 512],
    [100, 512],
    [1232, 1232],
    [65_535, 1232],
  ])('takes an EDNS size of %i as at most %i bytes', (asked, most) => {
    let largest = 0;
    for (let instances = 1; instances < 40; instances++) {
      const answer = answerTo(query('chat-ws.parley', 'SRV', [opt(asked)]), { instances });
      expect(answer?.additionals?.at(-1)).toMatchObject({ type: 'OPT', udpPayloadSize: 1232 });
      largest = Math.max(largest, answer!.bytes.length);
    }
    expect(largest).toBeLessThanOrEqual(most);
    expect(largest).toBeGreaterThan(most - 60);
  });

  it('gives all of it over TCP, of a very large service as many instances as always fit', () => {
    for (const [instances, named] of [
      [250, 250],
      [3000, 250],
    ] as const) {
      const answer = answerTo(query('chat-ws.parley', 'SRV'), { instances, carrier: overTcp });
      expect(answer?.flag_tc).toBe(false);
      expect(answer?.answers).toHaveLength(named);
    }
    const [long, label] = ['s'.repeat(63), 'i'.repeat(60)];
    const longest = answerTo(query(`${long}.parley`, 'SRV'), { instances: 300, carrier: overTcp, name: long, label });
    expect(longest?.flag_tc).toBe(false);
    expect(longest?.answers).toHaveLength(250);
  });

  it('sends who has asked too much over UDP no more than it sent, and tells it to come over TCP', () => {
    const carrier: DnsCarrier = { transport: 'udp', mayAmplify: () => false };
    for (const bytes of [query('chat-ws.parley', 'SRV'), query('nobody.parley', 'A', [opt(1232)])]) {
      const answer = answerTo(bytes, { carrier });
      expect(answer).toMatchObject({ flag_tc: true, answers: [] });
      expect(answer?.bytes.length).toBeLessThanOrEqual(bytes.length);
    }
    // What is not longer than the query is nothing to forge a sender for.
    const mayAmplify = () => expect.unreachable();
    const refused = answerTo(query('example.org', 'A', [opt(1232)]), { carrier: { transport: 'udp', mayAmplify } });
    expect(refused).toMatchObject({ rcode: RCODE.REFUSED, flag_tc: false });
  });

  it('ignores what is too long for a query: names that point to names could keep it busy', () => {
    const long = Buffer.concat([query('chat-ws.parley', 'SRV'), Buffer.alloc(4096)]);
    expect(answerTo(long)).toBeUndefined();
    expect(answerTo(long.subarray(0, 4096))).toBeDefined();
  });

  it('answers a newer EDNS with BADVERS', () => {
    const answer = answerTo(query('chat-ws.parley', 'SRV', [opt(1232, 1)]));
    expect(answer).toMatchObject({ rcode: 0, answers: [], additionals: [{ type: 'OPT', extendedRcode: 1 }] });
  });

  it('says what it cannot read and what it does not do', () => {
    const good = query('chat-ws.parley', 'SRV');
    const twoQuestions = encode({
      id: 1,
      questions: [
        { name: 'a.parley', type: 'A' },
        { name: 'b.parley', type: 'A' },
      ],
    });
    const stuffed = query(
      'chat-ws.parley',
      'SRV',
      Array.from({ length: 5 }, () => txt),
    );
    const twoOpts = query('chat-ws.parley', 'SRV', [opt(512), opt(512)]);
    const cut = [good.subarray(0, 12), good.subarray(0, 20), good.subarray(0, -1)];
    for (const bytes of [...cut, twoQuestions, stuffed, twoOpts]) {
      expect(answerTo(bytes)).toMatchObject({ rcode: RCODE.FORMERR, questions: [] });
    }
    expect(answerTo(query('chat-ws.parley', 'SRV', [txt, opt(512)]))).toMatchObject({ rcode: RCODE.NOERROR });
    const notify = Buffer.from(good);
    notify[2] = 4 << 3;
    expect(answerTo(notify)).toMatchObject({ rcode: RCODE.NOTIMP, id: 0x1234 });
  });

  it('stays silent to fragments of a header and to answers', () => {
    expect(answerTo(Buffer.alloc(0))).toBeUndefined();
    expect(answerTo(Buffer.alloc(11))).toBeUndefined();
    expect(
      answerTo(encode({ type: 'response', id: 1, questions: [{ name: 'chat-ws.parley', type: 'A' }] })),
    ).toBeUndefined();
  });

  it('sends a question back byte for byte, however odd its name', () => {
    const odd = query('xxxx.parley', 'A');
    odd.set([0xff, 0x2e, 0x00, 0xc3], 13);
    expect(answerTo(odd)?.bytes.subarray(12, odd.length)).toEqual(odd.subarray(12));
    expect(answerTo(odd)?.rcode).toBe(RCODE.NXDOMAIN);
  });

  it('U12 survives whatever comes, never longer than the limit', () => {
    const source = zoneWith(3);
    const good = query('_chat-ws._tcp.parley', 'SRV', [opt(1232)]);
    const mangled = fc
      .tuple(fc.nat(good.length), fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }))
      .map(([length, changes]) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        return bytes.subarray(0, length);
      });
    const garbage = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(mangled, garbage), (bytes) => {
        const answer = answerDns(bytes, { source, carrier: overUdp, ...limits });
        expect(answer?.length ?? 0).toBeLessThanOrEqual(1232);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('DnsTcpDecoder', () => {
  it('puts messages together, cut anywhere', () => {
    const messages = [query('a.parley', 'A'), query('b.parley', 'SRV')];
    const stream = Buffer.concat(messages.map(encodeDnsTcp));
    for (let cut = 0; cut <= stream.length; cut++) {
      const decoder = new DnsTcpDecoder(512);
      const first = decoder.feed(stream.subarray(0, cut)) ?? [];
      const second = decoder.feed(stream.subarray(cut)) ?? [];
      expect([...first, ...second]).toEqual(messages);
    }
  });

  it('refuses a message over the limit before it comes', () => {
    expect(new DnsTcpDecoder(512).feed(Buffer.from([2, 1]))).toBeUndefined();
    expect(new DnsTcpDecoder(512).feed(Buffer.from([2, 0]))).toEqual([]);
  });
});
