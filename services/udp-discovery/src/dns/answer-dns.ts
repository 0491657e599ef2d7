import { decodeQuery } from './query.ts';
import { encodeAnswer, encodeError, encodeHeaderError, encodeTruncated, udpLimit } from './response.ts';
import { answerQuestion, type ZoneSource } from './zone.ts';

const MAX_MESSAGE_BYTES = 65_535;

/** How a message came. Over UDP its sender may be forged: `mayAmplify` is asked before it is sent more than it sent. */
export type DnsCarrier = { transport: 'tcp' } | { transport: 'udp'; mayAmplify: () => boolean };

export type DnsOptions = {
  source: ZoneSource;
  /** In seconds. */
  ttl: number;
  /** What is longer is no query. */
  maxQueryBytes: number;
  carrier: DnsCarrier;
};

/**
 * The answer to one DNS message, or undefined when it deserves none. Never throws, whatever the bytes. Who may not be
 * sent more than it sent gets an empty answer with TC, and comes back over TCP, which cannot be forged.
 */
export function answerDns(bytes: Buffer, { source, ttl, maxQueryBytes, carrier }: DnsOptions): Buffer | undefined {
  if (bytes.length > maxQueryBytes) return undefined;
  const received = decodeQuery(bytes);
  if (received.kind === 'ignore') return undefined;
  if (received.kind === 'malformed') {
    return encodeHeaderError(received.id, received.opcode, received.opcode === 0 ? 'FORMERR' : 'NOTIMP');
  }
  const { query } = received;
  if (query.edns && query.edns.version > 0) return encodeError(query, 'BADVERS');
  const answer = answerQuestion(query.question, source, ttl);
  if (carrier.transport === 'tcp') return encodeAnswer(query, answer, MAX_MESSAGE_BYTES);
  const message = encodeAnswer(query, answer, udpLimit(query));
  return message.length <= bytes.length || carrier.mayAmplify() ? message : encodeTruncated(query, answer.rcode);
}
