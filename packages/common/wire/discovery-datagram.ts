import { createHmac, timingSafeEqual } from 'node:crypto';
import { type DiscoveryMessage, type DiscoveryMessageType, discoveryRequests } from '../contracts/discovery.ts';
import { ParleyError } from '../runtime/errors.ts';
import { ByteReader } from './byte-reader.ts';
import { decodeBody, encodeBody } from './discovery-body.ts';

/** No datagram is longer: it fits one packet on every usual network, tunnels included. */
export const maxDatagramBytes = 1200;

/** An address that has not proved itself by a cookie is answered at most this many times its own bytes. */
export const maxAmplification = 3;

const magic = 0x5044;
const version = 1;
const headerBytes = 12;
const signedHeaderBytes = 20;
const digestBytes = 32;

const flags = { confirmable: 0x01, answer: 0x02, signed: 0x04 } as const;
const knownFlags = flags.confirmable | flags.answer | flags.signed;

/** Codes of the messages; answers have the high bit set. */
const datagramTypes: Record<DiscoveryMessageType, number> = {
  announce: 0x01,
  renew: 0x02,
  withdraw: 0x03,
  locate: 0x04,
  watch: 0x05,
  ok: 0x81,
  found: 0x82,
  error: 0x83,
  cookie: 0x84,
};

const typesByCode = new Map(Object.entries(datagramTypes).map(([type, code]) => [code, type as DiscoveryMessageType]));
const requestTypes: ReadonlySet<string> = new Set(discoveryRequests.map((schema) => schema.shape.type.value));

/**
 * Whose datagram and which one. In a request: of the sender, `epoch` fixed at its start and larger than at any start before,
 * `sequence` larger with every new request (a retransmission keeps it). In an answer: those of the request, which binds the answer to it.
 */
export type Origin = { epoch: bigint; sequence: bigint; keyId: string };

/** What to sign with. `keyId`: 8 hexadecimal digits. */
export type Signing = Origin & { key: Uint8Array };

export type DiscoveryKey = { id: string; key: Uint8Array };

export type Datagram = {
  /** u32, chosen by who asks; the answer has the same. */
  requestId: number;
  confirmable: boolean;
  message: DiscoveryMessage;
};

/**
 * `origin` is there only when the signature was checked and right: who needs a signature looks for `origin` and nothing else.
 * `badSignature` tells a wrong one, or one by an unknown key, from none.
 */
export type ReceivedDatagram = Datagram & { origin?: Origin; badSignature: boolean };

/** Whether this message is an answer. */
export function isAnswer(message: DiscoveryMessage): boolean {
  return !requestTypes.has(message.type);
}

/** The bytes of a datagram, signed when `signing` is given. Throws ParleyError TOO_LARGE over 1200 bytes. */
export function encodeDatagram({ requestId, confirmable, message }: Datagram, signing?: Signing): Buffer {
  const body = encodeBody(message);
  const header = Buffer.alloc(headerBytes + (signing === undefined ? 0 : signedHeaderBytes));
  header.writeUInt16BE(magic, 0);
  header[2] = version;
  header[3] = datagramTypes[message.type];
  header[4] =
    (confirmable ? flags.confirmable : 0) |
    (isAnswer(message) ? flags.answer : 0) |
    (signing === undefined ? 0 : flags.signed);
  header.writeUInt16BE(body.length > 0xffff ? 0 : body.length, 6);
  header.writeUInt32BE(requestId, 8);
  if (signing !== undefined) {
    header.writeBigUInt64BE(signing.epoch, 12);
    header.writeBigUInt64BE(signing.sequence, 20);
    header.write(signing.keyId, 28, 4, 'hex');
  }
  const unsigned = Buffer.concat([header, body]);
  const bytes = signing === undefined ? unsigned : Buffer.concat([unsigned, hmac(signing.key, unsigned)]);
  if (bytes.length > maxDatagramBytes)
    throw new ParleyError('TOO_LARGE', `A datagram has at most ${maxDatagramBytes} bytes.`);
  return bytes;
}

/**
 * Reads a datagram and checks its signature with the key that it names. Throws ParleyError BAD_MESSAGE, and nothing
 * else, for anything that is not one. The comparison takes the same time wherever the signatures differ.
 */
export function decodeDatagram(bytes: Uint8Array, keys: readonly DiscoveryKey[] = []): ReceivedDatagram {
  if (bytes.length > maxDatagramBytes) throw malformed('too long');
  const reader = new ByteReader(bytes);
  if (reader.u16() !== magic || reader.u8() !== version) throw malformed('not of this protocol and version');
  const type = typesByCode.get(reader.u8());
  if (type === undefined) throw malformed('of an unknown type');
  const flagBits = reader.u8();
  if ((flagBits & ~knownFlags) !== 0 || reader.u8() !== 0) throw malformed('with unknown flags');
  if (((flagBits & flags.answer) === 0) !== requestTypes.has(type)) throw malformed('neither request nor answer');
  const bodyLength = reader.u16();
  const requestId = reader.u32();
  const claimed = (flagBits & flags.signed) === 0 ? undefined : readOrigin(reader);
  const body = reader.bytes(bodyLength);
  if (reader.remaining !== (claimed === undefined ? 0 : digestBytes)) throw malformed('of a wrong length');
  const message = decodeBody(type, body);
  const origin = claimed !== undefined && isGenuine(bytes, claimed.keyId, keys) ? claimed : undefined;
  const badSignature = claimed !== undefined && origin === undefined;
  const confirmable = (flagBits & flags.confirmable) !== 0;
  return { requestId, confirmable, message, badSignature, ...(origin === undefined ? {} : { origin }) };
}

function readOrigin(reader: ByteReader): Origin {
  return { epoch: reader.u64(), sequence: reader.u64(), keyId: reader.bytes(4).toString('hex') };
}

function isGenuine(bytes: Uint8Array, keyId: string, keys: readonly DiscoveryKey[]): boolean {
  const known = keys.find(({ id }) => id === keyId);
  if (known === undefined) return false;
  const end = bytes.length - digestBytes;
  return timingSafeEqual(hmac(known.key, bytes.subarray(0, end)), bytes.subarray(end));
}

function hmac(key: Uint8Array, bytes: Uint8Array): Buffer {
  return createHmac('sha256', key).update(bytes).digest();
}

function malformed(how: string): ParleyError {
  return new ParleyError('BAD_MESSAGE', `The datagram is ${how}.`);
}
