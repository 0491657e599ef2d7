import type { Registry } from '../registry.ts';
import type { AnswerDatagram } from '../serve-datagrams.ts';
import { answerDns, type DnsCarrier } from './answer-dns.ts';
import { ResponseRate, type ResponseRateOptions } from './response-rate.ts';

export type DnsAnswersOptions = ResponseRateOptions & {
  registry: Registry;
  /** In seconds. */
  ttl: number;
  maxQueryBytes: number;
  /** ms, of a clock that never goes back */
  now: () => number;
  /** Called once for each message, and once for each that is told to come over TCP. */
  onQuery: (transport: DnsCarrier['transport']) => void;
  onLimited: () => void;
};

export type DnsAnswers = { overUdp: AnswerDatagram; overTcp: (message: Buffer) => Buffer | undefined };

/** DNS from the registry, without its sockets: message in, message out. */
export function createDnsAnswers(options: DnsAnswersOptions): DnsAnswers {
  const { registry, ttl, maxQueryBytes, now, onQuery, onLimited } = options;
  const rate = new ResponseRate(options);

  function answer(bytes: Buffer, carrier: DnsCarrier): Buffer | undefined {
    onQuery(carrier.transport);
    const source = {
      locate: (service: string) => registry.locate(service, now()),
      instance: (service: string, id: string) => registry.find(service, id, now()),
      revision: registry.revision,
    };
    return answerDns(bytes, { source, ttl, maxQueryBytes, carrier });
  }

  function mayAmplify(address: string): boolean {
    const isAllowed = rate.take(address, now());
    if (!isAllowed) onLimited();
    return isAllowed;
  }

  return {
    overUdp: ({ bytes, from }) => answer(bytes, { transport: 'udp', mayAmplify: () => mayAmplify(from.address) }),
    overTcp: (message) => answer(message, { transport: 'tcp' }),
  };
}
