import { decode, type OptAnswer } from 'dns-packet';

/** OPT of a query (RFC 6891 §6): EDNS version and the size of answers that the asker takes over UDP. */
export type Edns = { version: number; udpBytes: number };

export type DnsQuery = {
  id: number;
  opcode: number;
  recursionDesired: boolean;
  /** As it came, to be sent back byte for byte. */
  rawQuestion: Uint8Array;
  question: { name: string; type: string; class: string };
  edns: Edns | undefined;
};

/** What was received: a query; something with a header that can be answered with an error; or nothing to answer. */
export type ReceivedQuery =
  | { kind: 'query'; query: DnsQuery }
  | { kind: 'malformed'; id: number; opcode: number }
  | { kind: 'ignore' };

const HEADER_BYTES = 12;
const QUERY_OPCODE = 0;

/** A query has OPT and perhaps a signature there; many records with names that point to names take long to read. */
const MAX_ADDITIONALS = 4;

/** Reads one DNS message (RFC 1035 §4.1). An answer is ignored: answering it could go on for ever. */
export function decodeQuery(bytes: Buffer): ReceivedQuery {
  if (bytes.length < HEADER_BYTES) return { kind: 'ignore' };
  const id = bytes.readUInt16BE(0);
  const flags = bytes.readUInt16BE(2);
  const isAnswer = (flags & 0x8000) !== 0;
  if (isAnswer) return { kind: 'ignore' };
  const opcode = (flags >> 11) & 0xf;
  const malformed = { kind: 'malformed', id, opcode } as const;
  const questions = bytes.readUInt16BE(4);
  const records = bytes.readUInt16BE(6) + bytes.readUInt16BE(8);
  // Other opcodes have other contents; they are answered by their header alone.
  if (opcode !== QUERY_OPCODE || questions !== 1 || records !== 0) return malformed;
  if (bytes.readUInt16BE(10) > MAX_ADDITIONALS) return malformed;
  try {
    const packet = decode(bytes);
    const [question] = packet.questions ?? [];
    const options = (packet.additionals ?? []).filter((record) => record.type === 'OPT');
    const end = endOfQuestion(bytes);
    if (!question || end === undefined || options.length > 1) return malformed;
    const query: DnsQuery = {
      id,
      opcode,
      recursionDesired: (flags & 0x0100) !== 0,
      rawQuestion: bytes.subarray(HEADER_BYTES, end),
      question: { name: question.name, type: question.type, class: question.class ?? 'IN' },
      edns: options[0] && ednsOf(options[0]),
    };
    return { kind: 'query', query };
  } catch {
    return malformed;
  }
}

function ednsOf({ ednsVersion, udpPayloadSize }: OptAnswer): Edns {
  return { version: ednsVersion, udpBytes: udpPayloadSize };
}

/** The offset after the question; undefined when its name uses compression, which has nothing to point at there. */
function endOfQuestion(bytes: Buffer): number | undefined {
  let offset = HEADER_BYTES;
  for (let length = bytes[offset]; length !== 0; length = bytes[offset]) {
    if (length === undefined || length > 63) return undefined;
    offset += 1 + length;
  }
  const end = offset + 5;
  return end <= bytes.length ? end : undefined;
}
