import { expect, test } from 'vitest';
import { TargetRefused } from '../guard/guarded-agents.ts';
import { failureKinds, failureOf } from './failure.ts';

const coded = (code: string) => Object.assign(new Error(`connect ${code} 10.1.2.3:80`), { code });

test.each([
  [coded('ECONNREFUSED'), 'connect'],
  [coded('EHOSTUNREACH'), 'connect'],
  [coded('ENOTFOUND'), 'lookup'],
  [coded('EAI_AGAIN'), 'lookup'],
  [coded('LOOKUP_TIMEOUT'), 'lookup'],
  [coded('CERT_HAS_EXPIRED'), 'tls'],
  [coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls'],
  [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls'],
  [coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'tls'],
  [coded('HPE_INVALID_CONSTANT'), 'protocol'],
  [coded('ECONNRESET'), 'network'],
  [new TargetRefused('10.1.2.3 port 80 is not a public address'), 'target'],
  [new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]), 'connect'],
  [new Error('what?'), 'network'],
])('C24 %s', (err, kind) => {
  const failure = failureOf(err);
  expect(failure.kind).toBe(kind);
  expect(failureKinds).toContain(failure.kind);
  // What a name leads to inside is nobody's business.
  expect(failure.message).not.toContain('10.1.2.3');
});
