import { lookup as systemLookup } from 'node:dns';
import { type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TargetPolicy } from './target-policy.ts';

/** A connection that the policy refuses. `code` is how it is recognised after got has wrapped it. */
export class TargetRefused extends Error {
  static readonly code = 'ERR_TARGET_REFUSED';
  override readonly name = 'TargetRefused';
  readonly code = TargetRefused.code;
}

export type GuardedAgentsOptions = {
  policy: TargetPolicy;
  idleSocketMs: number;
  maxIdleSockets: number;
  lookup?: LookupFunction;
};

export type GuardedAgents = { http: HttpAgent; https: HttpsAgent; destroy(): void };

/**
 * Keep-alive agents whose every socket has passed the policy: an address written in the URL is checked before the
 * connection, a name's addresses as the look-up gives them, and the peer's address once more when connected, before
 * the first byte is sent. Nothing else puts sockets into their pools, so a pooled one has been checked, too.
 */
export function createGuardedAgents(options: GuardedAgentsOptions): GuardedAgents {
  const { idleSocketMs, maxIdleSockets } = options;
  const pool = { keepAlive: maxIdleSockets > 0, maxFreeSockets: Math.max(1, maxIdleSockets), timeout: idleSocketMs };
  const http = new HttpAgent(pool);
  const https = new HttpsAgent(pool);
  guard(http, options);
  guard(https, options);
  return {
    http,
    https,
    destroy() {
      http.destroy();
      https.destroy();
    },
  };
}

type Connected = (err: Error | null, socket: Duplex) => void;

function guard(agent: HttpAgent, { policy, lookup = systemLookup as LookupFunction }: GuardedAgentsOptions): void {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options: ClientRequestArgs, connected?: Connected) => {
    const port = Number(options.port);
    const refusal = addressRefusal(policy, options.host ?? '', port);
    if (refusal) return refusedSocket(refusal);
    const socket = connect({ ...options, lookup: guardedLookup(policy, port, lookup) }, connected);
    if (socket instanceof Socket) checkPeer(socket, policy);
    return socket;
  };
}

function addressRefusal(policy: TargetPolicy, host: string, port: number): TargetRefused | undefined {
  const why = isIP(host) ? policy.refusal(host, port) : undefined;
  return why === undefined ? undefined : new TargetRefused(`${host} port ${port} is ${why}`);
}

/** Fails like a socket that could not connect. */
function refusedSocket(err: Error): Socket {
  return new Socket().destroy(err);
}

/** Hands on only the addresses that may be reached; an error when none is left. */
function guardedLookup(policy: TargetPolicy, port: number, lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (err, found) => {
      if (err) return callback(err, []);
      const addresses = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found;
      const good = addresses.filter(({ address }) => policy.refusal(address, port) === undefined);
      const [first] = good;
      if (!first) return callback(refusedName(policy, hostname, port, addresses), []);
      if (options.all) callback(null, good);
      else callback(null, first.address, first.family);
    });
  };
}

function refusedName(
  policy: TargetPolicy,
  hostname: string,
  port: number,
  addresses: { address: string }[],
): TargetRefused {
  const [first] = addresses;
  const why = first ? policy.refusal(first.address, port) : 'without an address';
  return new TargetRefused(`${hostname} port ${port} is ${why}`);
}

/** Listens before the request does, so that a refused peer is not sent a byte. */
function checkPeer(socket: Socket, policy: TargetPolicy): void {
  socket.prependOnceListener('connect', () => {
    const { remoteAddress = '', remotePort = 0 } = socket;
    const why = policy.refusal(remoteAddress, remotePort);
    if (why !== undefined) socket.destroy(new TargetRefused(`the connected address is ${why}`));
  });
}
