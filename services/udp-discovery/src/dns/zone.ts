import type { Answer } from 'dns-packet';
import type { LocatedInstance } from '../registry.ts';
import { addressRecord, nsRecord, type Owner, soaRecord, srvRecord, txtRecord, ZONE } from './records.ts';

/** The part of the registry that questions are answered from, at one moment. */
export type ZoneSource = {
  locate(name: string): LocatedInstance[];
  instance(name: string, instance: string): LocatedInstance | undefined;
  /** Grows with every change. */
  revision: number;
};

export type ZoneQuestion = { name: string; type: string; class: string };

export type ZoneAnswer = {
  rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED';
  answers: Answer[];
  authorities: Answer[];
  additionals: Answer[];
};

/**
 * Of one service's instances so many are named, the least busy: even with the longest names their SRV records fit into
 * a message over TCP, where there is no further way to ask for more.
 */
const MAX_NAMED = 250;

const REFUSED: ZoneAnswer = { rcode: 'REFUSED', answers: [], authorities: [], additionals: [] };

/**
 * Answers a question from the registry: NXDOMAIN for a name that is not there, NOERROR without answers for a name that
 * has no such records (both with the SOA, RFC 2308 §3), REFUSED outside the zone. The names are
 * `parley`, `<service>.parley`, `_<service>._tcp.parley` and `<instance>.<service>.parley`.
 * @param ttl seconds for which resolvers may keep an answer, and the absence of one
 */
export function answerQuestion(question: ZoneQuestion, source: ZoneSource, ttl: number): ZoneAnswer {
  const { name, type } = question;
  const labels = name.toLowerCase().split('.');
  if (labels.pop() !== ZONE || (question.class !== 'IN' && question.class !== 'ANY')) return REFUSED;
  // A zone transfer would tell everything at once; the HTTP catalogue is for that.
  if (type === 'AXFR' || type === 'IXFR') return REFUSED;

  // The name as it was asked for: its capitals must come back.
  const records = recordsOf(labels, { name, ttl }, source);
  const soa = soaRecord({ name: ZONE, ttl }, source.revision);
  if (!records) return { rcode: 'NXDOMAIN', answers: [], authorities: [soa], additionals: [] };
  const answers = ofType(type, records);
  if (answers.length === 0) return { rcode: 'NOERROR', answers, authorities: [soa], additionals: [] };
  return { rcode: 'NOERROR', answers, authorities: [], additionals: targetAddresses(answers, source, ttl) };
}

/** All records of a name; none when it only has names below it (RFC 8020 §2); undefined when it is not there. */
function recordsOf(labels: string[], owner: Owner, source: ZoneSource): Answer[] | undefined {
  const [first, second] = labels;
  if (first === undefined) return [soaRecord(owner, source.revision), nsRecord(owner)];
  if (labels.length > 2) return undefined;
  if (second === undefined) return first === '_tcp' ? [] : serviceRecords(owner, source.locate(first));
  if (second === '_tcp')
    return first.startsWith('_') ? serviceRecords(owner, source.locate(first.slice(1))) : undefined;
  const instance = source.instance(second, first);
  return instance && [srvRecord(owner, instance), addressRecord(owner, instance), txtRecord(owner, instance)];
}

function serviceRecords(owner: Owner, located: LocatedInstance[]): Answer[] | undefined {
  if (located.length === 0) return undefined;
  const instances = located.slice(0, MAX_NAMED);
  const byAddress = new Map(instances.map((instance) => [instance.address, instance]));
  return [
    ...instances.map((instance) => srvRecord(owner, instance)),
    ...[...byAddress.values()].map((instance) => addressRecord(owner, instance)),
    ...instances.map((instance) => txtRecord(owner, instance)),
  ];
}

/** ANY is answered with one record set, which is allowed and keeps the answer small (RFC 8482 §4.1). */
function ofType(type: string, records: Answer[]): Answer[] {
  const wanted = type === 'ANY' ? records[0]?.type : type;
  return records.filter((record) => record.type === wanted);
}

/** The addresses of what SRV and NS records point at, so that one question is enough (RFC 2782, RFC 1035 §3.3.11). */
function targetAddresses(answers: Answer[], source: ZoneSource, ttl: number): Answer[] {
  return answers.flatMap((answer) => {
    const target = answer.type === 'SRV' ? answer.data.target : answer.type === 'NS' ? String(answer.data) : '';
    const records = target && recordsOf(target.split('.').slice(0, -1), { name: target, ttl }, source);
    return records ? records.filter(({ type }) => type === 'A' || type === 'AAAA') : [];
  });
}
