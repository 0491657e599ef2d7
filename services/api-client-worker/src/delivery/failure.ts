import { RequestError, TimeoutError } from 'got';
import { TargetRefused } from '../guard/guarded-agents.ts';

/**
 * How a delivery failed. timeout: no complete answer in time · lookup: the name has no address · connect: no
 * connection · tls: no secure connection · target: an address that must not be reached · network: the connection broke ·
 * protocol: the answer is not HTTP · redirect: 3xx, never followed · status: any other status than 2xx · gone: 410 ·
 * secret: the endpoint's secret cannot be read here.
 */
export const failureKinds = [
  'timeout',
  'lookup',
  'connect',
  'tls',
  'target',
  'network',
  'protocol',
  'redirect',
  'status',
  'gone',
  'secret',
] as const;
export type FailureKind = (typeof failureKinds)[number];

/** `message` is for the endpoint's owner: it names no address that a name was resolved to. */
export type Failure = { kind: FailureKind; message: string };

const CONNECT_CODES = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES', 'EPERM', 'EHOSTDOWN'];
const LOOKUP_CODES = [
  'LOOKUP_TIMEOUT',
  'LOOKUP_FAILED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
];
const TLS_CODES = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH|ERR_OSSL_)/;

/** What went wrong before there was a whole answer. */
export function failureOf(err: unknown): Failure {
  if (err instanceof TimeoutError) {
    return err.event === 'connect' || err.event === 'secureConnect'
      ? { kind: 'timeout', message: 'no connection in time' }
      : { kind: 'timeout', message: 'no complete answer in time' };
  }
  const code = codeOf(err);
  if (code === TargetRefused.code) return { kind: 'target', message: 'the address must not be reached from here' };
  if (LOOKUP_CODES.includes(code)) return { kind: 'lookup', message: `the host name has no address (${code})` };
  if (CONNECT_CODES.includes(code)) return { kind: 'connect', message: `no connection (${code})` };
  if (TLS_CODES.test(code)) return { kind: 'tls', message: `no secure connection (${code})` };
  if (code.startsWith('HPE_')) return { kind: 'protocol', message: `the answer is not HTTP (${code})` };
  return { kind: 'network', message: `the connection broke (${code || 'without a reason'})` };
}

/** What is wrong with an answer; undefined for success. */
export function failureOfStatus(status: number): Failure | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 410) return { kind: 'gone', message: 'the endpoint says that it is gone (410)' };
  if (status >= 300 && status < 400) return { kind: 'redirect', message: `redirects are not followed (${status})` };
  return { kind: 'status', message: `the endpoint answered ${status}` };
}

/** got wraps what happened; several addresses tried at once come as an AggregateError, whose first error speaks for all. */
function codeOf(err: unknown): string {
  if (err instanceof RequestError && err.code !== 'ERR_GOT_REQUEST_ERROR') return err.code;
  const { code, cause, errors } = err as { code?: unknown; cause?: unknown; errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0]);
  if (typeof code === 'string' && code !== 'ERR_GOT_REQUEST_ERROR') return code;
  return cause instanceof Error ? codeOf(cause) : '';
}
