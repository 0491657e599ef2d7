import type { Answer } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { type Announcement, Registry } from '../registry.ts';
import { answerQuestion, type ZoneSource } from './zone.ts';

const TTL = 5;

function announcement(more: Partial<Announcement>): Announcement {
  const chat = {
    name: 'chat-ws',
    instance: 'a1',
    version: '1.2.3',
    address: '10.0.0.1',
    main: 'http',
  };
  return { ...chat, ports: { http: 8081 }, ...more };
}

function zone(...announcements: Announcement[]): ZoneSource {
  const registry = new Registry({ maxInstances: 100, rememberMs: 1000 });
  const self = announcement({ name: 'udp-discovery', instance: 'd1', ports: { udp: 8400, dns: 8600 }, main: 'udp' });
  for (const one of [self, ...announcements])
    registry.announce(one, { stamp: { epoch: 1n, sequence: 1n }, now: 0, leaseMs: 15_000 });
  return {
    locate: (name) => registry.locate(name, 0),
    instance: (name, instance) => registry.find(name, instance, 0),
    revision: registry.revision,
  };
}

const ask = (source: ZoneSource, name: string, type: string, klass = 'IN') =>
  answerQuestion({ name, type, class: klass }, source, TTL);
const dataOf = (records: Answer[]) => records.map((record) => ('data' in record ? record.data : undefined));

describe('answerQuestion', () => {
  const two = zone(
    announcement({}),
    announcement({ instance: 'b2', address: '::1', ports: { http: 8091, tls: 8443 }, load: 750 }),
  );

  it('gives port and target of each instance, and the addresses of the targets along with them', () => {
    const { rcode, answers, additionals } = ask(two, 'chat-ws.parley', 'SRV');
    expect(rcode).toBe('NOERROR');
    expect(dataOf(answers)).toEqual([
      { priority: 0, weight: 100, port: 8081, target: 'a1.chat-ws.parley' },
      { priority: 0, weight: 25, port: 8091, target: 'b2.chat-ws.parley' },
    ]);
    expect(additionals).toEqual([
      { type: 'A', name: 'a1.chat-ws.parley', ttl: TTL, data: '10.0.0.1' },
      { type: 'AAAA', name: 'b2.chat-ws.parley', ttl: TTL, data: '::1' },
    ]);
  });

  it('answers the same under the underscored name', () => {
    for (const type of ['SRV', 'A', 'AAAA', 'TXT']) {
      expect(dataOf(ask(two, '_chat-ws._tcp.parley', type).answers)).toEqual(
        dataOf(ask(two, 'chat-ws.parley', type).answers),
      );
    }
  });

  it('resolves the targets themselves', () => {
    expect(dataOf(ask(two, 'a1.chat-ws.parley', 'A').answers)).toEqual(['10.0.0.1']);
    expect(dataOf(ask(two, 'b2.chat-ws.parley', 'AAAA').answers)).toEqual(['::1']);
    expect(ask(two, 'b2.chat-ws.parley', 'A')).toMatchObject({ rcode: 'NOERROR', answers: [] });
  });

  it('describes an instance as text', () => {
    const [first] = dataOf(ask(two, 'chat-ws.parley', 'TXT').answers);
    expect(first).toEqual(['instance=a1', 'version=1.2.3', 'main=http', 'port-http=8081']);
  });

  it('names an address once that several instances share', () => {
    const shared = zone(announcement({}), announcement({ instance: 'b2' }));
    expect(dataOf(ask(shared, 'chat-ws.parley', 'A').answers)).toEqual(['10.0.0.1']);
  });

  it('gives back the name as it was written', () => {
    expect(ask(two, 'Chat-WS.parLEY', 'A').answers).toMatchObject([{ name: 'Chat-WS.parLEY', data: '10.0.0.1' }]);
  });

  it('tells a name that is not there from one without such a record, both with the SOA', () => {
    const soa = [{ type: 'SOA', name: 'parley', data: { mname: 'udp-discovery.parley', minimum: TTL } }];
    const absent = [
      'nobody.parley',
      '_nobody._tcp.parley',
      'x.chat-ws.parley',
      'y.a1.chat-ws.parley',
      'chat-ws._tcp.parley',
    ];
    for (const name of absent) {
      expect(ask(two, name, 'SRV'), name).toMatchObject({ rcode: 'NXDOMAIN', answers: [], authorities: soa });
    }
    for (const [name, type] of [
      ['chat-ws.parley', 'MX'],
      ['_tcp.parley', 'SRV'],
      ['parley', 'A'],
    ] as const) {
      expect(ask(two, name, type), name).toMatchObject({ rcode: 'NOERROR', answers: [], authorities: soa });
    }
  });

  it('knows its own apex', () => {
    expect(ask(two, 'parley', 'SOA').answers).toMatchObject([{ type: 'SOA', data: { rname: 'hostmaster.parley' } }]);
    const { answers, additionals } = ask(two, 'parley', 'NS');
    expect(dataOf(answers)).toEqual(['udp-discovery.parley']);
    expect(dataOf(additionals)).toEqual(['10.0.0.1']);
  });

  it('refuses what lies outside, other classes, and zone transfers', () => {
    for (const [name, type, klass] of [
      ['example.org', 'A', 'IN'],
      ['.', 'NS', 'IN'],
      ['notparley', 'A', 'IN'],
      ['chat-ws.parley', 'TXT', 'CH'],
      ['parley', 'AXFR', 'IN'],
    ] as const) {
      expect(ask(two, name, type, klass).rcode, name).toBe('REFUSED');
    }
  });

  it('answers ANY with one record set', () => {
    expect(ask(two, 'chat-ws.parley', 'ANY').answers.map(({ type }) => type)).toEqual(['SRV', 'SRV']);
  });
});
