import { connect as netConnect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { endpoint } from './endpoint.ts';
import { addressesOf, type Lookup } from './lookup.ts';
import { type FailedAttempt, NetError, reasonOf } from './net-error.ts';

export type ConnectOptions = {
  /** A host name, an IPv4 address, or an IPv6 address with or without brackets (and with its zone). */
  host: string;
  port: number;
  lookupTimeoutMs?: number;
  /** For one address. */
  attemptTimeoutMs?: number;
  /** For all addresses together. */
  timeoutMs?: number;
  /** Both sides of a forward need it, or the answer after a client's FIN is lost. */
  allowHalfOpen?: boolean;
  noDelay?: boolean;
  signal?: AbortSignal;
  lookup?: Lookup;
};

/**
 * Connects to the first address of the host that answers, one after the other in the order they were found.
 * @throws NetError LOOKUP_FAILED, LOOKUP_TIMEOUT; CONNECT_TIMEOUT (each address stayed silent), CONNECT_DEADLINE (the
 *   time for all of them ran out), CONNECT_FAILED (any other mix), each with the failed `attempts`; CLOSED (aborted)
 */
export async function connectTcp(options: ConnectOptions): Promise<Socket> {
  const { host, port, lookupTimeoutMs = 5000, attemptTimeoutMs = 3000, timeoutMs = 10_000, lookup, signal } = options;
  const addresses = await addressesOf(host, { timeoutMs: lookupTimeoutMs, lookup, signal });
  const deadline = performance.now() + timeoutMs;
  const attempts: FailedAttempt[] = [];
  let cause: unknown;
  for (const address of addresses) {
    if (signal?.aborted) throw new NetError('CLOSED', `connecting to ${host} was given up`, { attempts });
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) break;
    try {
      return await attempt(address, options, Math.min(leftMs, attemptTimeoutMs));
    } catch (err) {
      if (err instanceof NetError && err.code === 'CLOSED') throw err;
      cause = err;
      attempts.push({ target: endpoint(address, port), reason: reasonOf(err) });
    }
  }
  const late = performance.now() >= deadline;
  const silent = attempts.every(({ reason }) => reason === 'CONNECT_TIMEOUT');
  const tried = attempts.map(({ target, reason }) => `${target} ${reason}`).join(', ');
  if (late)
    throw new NetError('CONNECT_DEADLINE', `${host}: no connection within ${timeoutMs} ms (${tried})`, {
      attempts,
      cause,
    });
  throw new NetError(silent ? 'CONNECT_TIMEOUT' : 'CONNECT_FAILED', `${host}: no connection (${tried})`, {
    attempts,
    cause,
  });
}

function attempt(
  address: string,
  { port, allowHalfOpen, noDelay, signal }: ConnectOptions,
  ms: number,
): Promise<Socket> {
  const target = endpoint(address, port);
  return new Promise((resolve, reject) => {
    const connectTo: TcpNetConnectOpts = { host: address, port };
    if (allowHalfOpen !== undefined) connectTo.allowHalfOpen = allowHalfOpen;
    if (noDelay !== undefined) connectTo.noDelay = noDelay;
    const socket = netConnect(connectTo);
    const fail = (err: Error) => {
      done();
      // A late ECONNRESET of a socket that nobody holds must not end the process.
      socket.on('error', () => {});
      socket.destroy();
      reject(err);
    };
    const onConnect = () => {
      done();
      resolve(socket);
    };
    const onAbort = () => fail(new NetError('CLOSED', `connecting to ${target} was given up`));
    const timer = setTimeout(() => fail(new NetError('CONNECT_TIMEOUT', `${target}: no answer within ${ms} ms`)), ms);
    const done = () => {
      clearTimeout(timer);
      socket.off('connect', onConnect).off('error', fail);
      signal?.removeEventListener('abort', onAbort);
    };
    socket.once('connect', onConnect).once('error', fail);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
