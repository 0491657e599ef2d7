import { type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { addressesOf, type Lookup } from '@parley/net/lookup';
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
  lookupTimeoutMs: number;
  /** The system's, unless given. */
  lookup?: Lookup;
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

function guard(agent: HttpAgent, guardOptions: GuardedAgentsOptions): void {
  const { policy } = guardOptions;
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options: ClientRequestArgs, connected?: Connected) => {
    const port = Number(options.port);
    const refusal = addressRefusal(policy, options.host ?? '', port);
    if (refusal) return refusedSocket(refusal);
    const socket = connect({ ...options, lookup: guardedLookup(port, guardOptions) }, connected);
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

/**
 * Hands on only the addresses that may be reached; an error when none is left. Names are looked up in one place for
 * the whole process, each once at a time: the system's lookup holds a thread for as long as a name server is silent.
 */
function guardedLookup(port: number, { policy, lookupTimeoutMs, lookup }: GuardedAgentsOptions): LookupFunction {
  return (hostname, options, callback) => {
    addressesOf(hostname, { timeoutMs: lookupTimeoutMs, lookup }).then(
      (addresses) => {
        const good = addresses.filter((address) => policy.refusal(address, port) === undefined);
        const [first] = good;
        if (first === undefined) return callback(refusedName(policy, hostname, port, addresses), []);
        if (options.all) callback(null, good.map(familiar));
        else callback(null, first, isIP(first));
      },
      (err: Error) => callback(err.cause instanceof Error ? err.cause : err, []),
    );
  };
}

const familiar = (address: string) => ({ address, family: isIP(address) });

function refusedName(policy: TargetPolicy, hostname: string, port: number, [first = '']: string[]): TargetRefused {
  return new TargetRefused(`${hostname} port ${port} is ${policy.refusal(first, port)}`);
}

/** Listens before the request does, so that a refused peer is not sent a byte. */
function checkPeer(socket: Socket, policy: TargetPolicy): void {
  socket.prependOnceListener('connect', () => {
    const { remoteAddress = '', remotePort = 0 } = socket;
    const why = policy.refusal(remoteAddress, remotePort);
    if (why !== undefined) socket.destroy(new TargetRefused(`the connected address is ${why}`));
  });
}
