import { isIPv6 } from 'node:net';
import type { Answer } from 'dns-packet';
import type { LocatedInstance } from '../registry.ts';

/** The zone that the registry is the authority for. */
export const ZONE = 'parley';

/** The registry lists itself under this name, so it is the zone's name server. */
export const NAME_SERVER = `udp-discovery.${ZONE}`;

/** What a record belongs to, and for how many seconds a resolver may keep it. */
export type Owner = { name: string; ttl: number };

/** The name of an instance, to which SRV records point. */
function instanceDomain({ instance, name }: LocatedInstance): string {
  return `${instance}.${name}.${ZONE}`;
}

/** RFC 2782. The weight favours the instance that reports less load, which comes in thousandths. */
export function srvRecord(owner: Owner, located: LocatedInstance): Answer {
  const weight = Math.max(1, Math.round((1000 - (located.load ?? 0)) / 10));
  const data = { priority: 0, weight, port: located.ports[located.main] ?? 0, target: instanceDomain(located) };
  return { ...owner, type: 'SRV', data };
}

export function addressRecord(owner: Owner, { address }: LocatedInstance): Answer {
  return { ...owner, type: isIPv6(address) ? 'AAAA' : 'A', data: address };
}

/** One `key=value` string each (RFC 6763 §6.3); a named port is `port-<name>=<number>`. */
export function txtRecord(owner: Owner, { instance, version, main, ports }: LocatedInstance): Answer {
  const named = Object.entries(ports).map(([name, port]) => `port-${name}=${port}`);
  return { ...owner, type: 'TXT', data: [`instance=${instance}`, `version=${version}`, `main=${main}`, ...named] };
}

/** `minimum` is how long the absence of a name may be kept (RFC 2308 §4); nobody transfers the zone, so the rest is form. */
export function soaRecord(owner: Owner, revision: number): Answer {
  const { ttl } = owner;
  const times = { refresh: ttl, retry: ttl, expire: ttl, minimum: ttl };
  const data = { mname: NAME_SERVER, rname: `hostmaster.${ZONE}`, serial: revision % 2 ** 32, ...times };
  return { ...owner, type: 'SOA', data };
}

export function nsRecord(owner: Owner): Answer {
  return { ...owner, type: 'NS', data: NAME_SERVER };
}
