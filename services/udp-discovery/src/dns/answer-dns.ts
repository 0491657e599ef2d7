import { decodeQuery } from './query.ts';
import { encodeAnswer, encodeError, encodeHeaderError, udpLimit } from './response.ts';
import { answerQuestion, type ZoneSource } from './zone.ts';

const MAX_MESSAGE_BYTES = 65_535;

export type DnsTransport = 'udp' | 'tcp';

/** The answer to one DNS message, or undefined when it deserves none. Never throws, whatever the bytes. */
export function answerDns(
  bytes: Buffer,
  { source, ttl, transport }: { source: ZoneSource; ttl: number; transport: DnsTransport },
): Buffer | undefined {
  const received = decodeQuery(bytes);
  if (received.kind === 'ignore') return undefined;
  if (received.kind === 'malformed') {
    return encodeHeaderError(received.id, received.opcode, received.opcode === 0 ? 'FORMERR' : 'NOTIMP');
  }
  const { query } = received;
  if (query.edns && query.edns.version > 0) return encodeError(query, 'BADVERS');
  const answer = answerQuestion(query.question, source, ttl);
  return encodeAnswer(query, answer, transport === 'udp' ? udpLimit(query) : MAX_MESSAGE_BYTES);
}
