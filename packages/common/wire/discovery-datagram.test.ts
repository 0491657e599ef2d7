import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DiscoveryMessage } from '../contracts/discovery.ts';
import { ParleyError } from '../runtime/errors.ts';
import { bytesOf, readVectors } from '../vectors/read-vectors.ts';
import { type Datagram, decodeDatagram, encodeDatagram } from './discovery-datagram.ts';

type HexMessage =
  | Exclude<DiscoveryMessage, { cookie?: unknown }>
  | { type: 'locate' | 'watch' | 'cookie'; cookie?: string };
type Origin = { epoch: string; sequence: string; keyId: string };
type Good = {
  name: string;
  bytes: string;
  requestId: number;
  confirmable: boolean;
  origin: Origin | null;
  message: HexMessage;
};
type Vectors = {
  key: { id: string; key: string };
  datagrams: Good[];
  tolerated: { why: string; bytes: string; message: HexMessage }[];
  forged: { why: string; bytes: string }[];
  malformed: { why: string; bytes: string }[];
};
const vectors = readVectors<Vectors>('discovery-datagram');
const key = { id: vectors.key.id, key: bytesOf(vectors.key.key) };

/** Without undefined fields, cookies in hex: the form of the vectors. */
function plain(message: DiscoveryMessage): unknown {
  const cookie =
    'cookie' in message && message.cookie !== undefined ? Buffer.from(message.cookie).toString('hex') : undefined;
  return JSON.parse(JSON.stringify({ ...message, cookie }));
}

function messageFrom(message: HexMessage): DiscoveryMessage {
  const cookie = 'cookie' in message && message.cookie !== undefined ? { cookie: bytesOf(message.cookie) } : {};
  return { ...message, ...cookie } as DiscoveryMessage;
}

function codeOf(bytes: Uint8Array): string {
  try {
    decodeDatagram(bytes, [key]);
    return 'accepted';
  } catch (failure) {
    if (failure instanceof ParleyError) return failure.code;
    throw failure;
  }
}

describe('vectors', () => {
  test.each(vectors.datagrams)('$name is read', ({ bytes, requestId, confirmable, origin, message }) => {
    const datagram = decodeDatagram(bytesOf(bytes), [key]);
    expect(datagram).toMatchObject({ requestId, confirmable, badSignature: false });
    expect(plain(datagram.message)).toEqual(message);
    const { epoch, sequence } = datagram.origin ?? {};
    const read = datagram.origin && { ...datagram.origin, epoch: String(epoch), sequence: String(sequence) };
    expect(read ?? null).toEqual(origin);
  });

  test.each(vectors.datagrams)('$name is written', ({ bytes, requestId, confirmable, origin, message }) => {
    const datagram: Datagram = { requestId, confirmable, message: messageFrom(message) };
    const signing =
      origin === null
        ? undefined
        : { ...key, keyId: key.id, epoch: BigInt(origin.epoch), sequence: BigInt(origin.sequence) };
    expect(encodeDatagram(datagram, signing).toString('hex')).toBe(bytes);
  });

  test.each(vectors.tolerated)('$why is passed over', ({ bytes, message }) => {
    expect(plain(decodeDatagram(bytesOf(bytes)).message)).toEqual(message);
  });

  test.each(vectors.forged)('$why: no origin', ({ bytes }) => {
    const datagram = decodeDatagram(bytesOf(bytes), [key]);
    expect(datagram.badSignature).toBe(true);
    expect(datagram.origin).toBeUndefined();
  });

  test.each(vectors.malformed)('$why', ({ bytes }) => {
    expect(codeOf(bytesOf(bytes))).toBe('BAD_MESSAGE');
  });
});

describe('hostile bytes', () => {
  const signed = vectors.datagrams.map(({ bytes }) => bytesOf(bytes));

  test('cut at every byte: BAD_MESSAGE', () => {
    for (const bytes of signed) {
      for (let length = 0; length < bytes.length; length += 1)
        expect(codeOf(bytes.subarray(0, length))).toBe('BAD_MESSAGE');
    }
  });

  test('with any byte changed: BAD_MESSAGE or no origin', () => {
    const flip = fc.tuple(fc.constantFrom(...signed), fc.nat(), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(flip, ([bytes, place, mask]) => {
        const changed = Buffer.from(bytes);
        const at = place % changed.length;
        changed[at] = (changed[at] ?? 0) ^ mask;
        if (codeOf(changed) === 'accepted') expect(decodeDatagram(changed, [key]).origin).toBeUndefined();
        else expect(codeOf(changed)).toBe('BAD_MESSAGE');
      }),
      { numRuns: 1000 },
    );
  });

  test('any bytes behind a good header', () => {
    const header = bytesOf(vectors.datagrams.find(({ name }) => name === 'ok, bare')?.bytes ?? '');
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.constantFrom(0x01, 0x02, 0x03, 0x04, 0x05, 0x81, 0x82, 0x83, 0x84),
        (body, type) => {
          const bytes = Buffer.concat([header, body]);
          bytes[3] = type;
          bytes[4] = type > 0x80 ? 2 : 0;
          bytes.writeUInt16BE(body.length, 6);
          expect(['accepted', 'BAD_MESSAGE']).toContain(codeOf(bytes));
        },
      ),
    );
  });
});

test('an announcement of any content survives', () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/);
  const port = fc.integer({ min: 1, max: 65535 });
  const ports = fc.dictionary(label, port, { minKeys: 1, maxKeys: 8 });
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  fc.assert(
    fc.property(
      label,
      label,
      ports,
      address,
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (name, instance, ports, address, epoch) => {
        const main = Object.keys(ports)[0] ?? '';
        const message = { type: 'announce' as const, name, instance, address, ports: { ...ports }, main, version: '1' };
        const bytes = encodeDatagram(
          { requestId: 1, confirmable: true, message },
          { ...key, keyId: key.id, epoch, sequence: 1n },
        );
        const datagram = decodeDatagram(bytes, [key]);
        expect(plain(datagram.message)).toEqual(message);
        expect(datagram.origin).toEqual({ epoch, sequence: 1n, keyId: key.id });
      },
    ),
  );
});

test('what does not fit is refused by the encoder', () => {
  const message = { type: 'error' as const, code: 'INTERNAL' as const, message: 'x'.repeat(1300) };
  expect(() => encodeDatagram({ requestId: 1, confirmable: false, message })).toThrow(/1200/);
});
