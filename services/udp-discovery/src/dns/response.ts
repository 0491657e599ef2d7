import { type Answer, encode, type OptAnswer } from 'dns-packet';
import type { DnsQuery } from './query.ts';
import type { ZoneAnswer } from './zone.ts';

/** RFC 1035 §4.1.1, and BADVERS of RFC 6891 §9. */
const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const;
export type Rcode = keyof typeof RCODES;

const AUTHORITATIVE = 0x0400;
const TRUNCATED = 0x0200;
const RECURSION_DESIRED = 0x0100;
const HEADER_BYTES = 12;

/** What UDP carries without EDNS (RFC 1035 §4.2.1). */
const PLAIN_UDP_BYTES = 512;

/** What is sent over UDP at most, and told so: it fits into one packet everywhere (DNS flag day 2020). */
const EDNS_UDP_BYTES = 1232;

type Sections = { answers: Answer[]; authorities: Answer[]; additionals: Answer[] };
type Draft = Sections & { rcode: Rcode; truncated?: boolean };

const NOTHING: Sections = { answers: [], authorities: [], additionals: [] };

/** The largest answer that this asker takes over UDP. */
export function udpLimit({ edns }: DnsQuery): number {
  return edns ? Math.min(EDNS_UDP_BYTES, Math.max(PLAIN_UDP_BYTES, edns.udpBytes)) : PLAIN_UDP_BYTES;
}

/**
 * The zone's answer as a message of at most `maxBytes`. What does not fit first loses the additional section, which is
 * only a convenience; then it is sent empty with TC, and the asker comes back over TCP (RFC 2181 §9).
 */
export function encodeAnswer(query: DnsQuery, answer: ZoneAnswer, maxBytes: number): Buffer {
  const whole = encodeDraft(query, answer);
  if (whole.length <= maxBytes) return whole;
  const bare = encodeDraft(query, { ...answer, additionals: [] });
  if (bare.length <= maxBytes) return bare;
  return encodeTruncated(query, answer.rcode);
}

/** No answer but "ask over TCP": never longer than the query. */
export function encodeTruncated(query: DnsQuery, rcode: Rcode): Buffer {
  return encodeDraft(query, { ...NOTHING, rcode, truncated: true });
}

/** An error for a query that could be read. */
export function encodeError(query: DnsQuery, rcode: Rcode): Buffer {
  return encodeDraft(query, { ...NOTHING, rcode });
}

/** An error for what has no more than a header. */
export function encodeHeaderError(id: number, opcode: number, rcode: 'FORMERR' | 'NOTIMP'): Buffer {
  return encode({ type: 'response', id, flags: (opcode << 11) | RCODES[rcode] });
}

function encodeDraft(query: DnsQuery, { rcode, truncated, ...sections }: Draft): Buffer {
  const code = RCODES[rcode];
  const authoritative = rcode === 'NOERROR' || rcode === 'NXDOMAIN';
  const flags =
    (query.opcode << 11) |
    (authoritative ? AUTHORITATIVE : 0) |
    (truncated ? TRUNCATED : 0) |
    (query.recursionDesired ? RECURSION_DESIRED : 0) |
    (code & 0xf);
  const { answers, authorities } = sections;
  const additionals = query.edns ? [...sections.additionals, optRecord(code >> 4)] : sections.additionals;
  const message = encode({ type: 'response', id: query.id, flags, questions: [], answers, authorities, additionals });
  return withQuestion(message, query.rawQuestion);
}

/** An asker with EDNS gets EDNS back, with the upper bits of the code (RFC 6891 §6.1.1, §6.1.3). */
function optRecord(extendedRcode: number): OptAnswer {
  const record = { udpPayloadSize: EDNS_UDP_BYTES, extendedRcode, ednsVersion: 0, flags: 0, flag_do: false };
  return { ...record, type: 'OPT', name: '.', options: [] };
}

/**
 * dns-packet would rewrite a name with unusual bytes, and the asker could not match the answer to its question. As it
 * does not compress names, no offset in the message changes.
 */
function withQuestion(message: Buffer, rawQuestion: Uint8Array): Buffer {
  const header = Buffer.from(message.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(1, 4);
  return Buffer.concat([header, rawQuestion, message.subarray(HEADER_BYTES)]);
}
