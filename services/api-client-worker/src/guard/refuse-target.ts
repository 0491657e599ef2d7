import { isIP } from 'node:net';
import { ParleyError } from '@parley/common/runtime/errors';
import type { TargetPolicy } from './target-policy.ts';

/**
 * Says at once what every delivery would fail with, where the URL has an IP address. A name's addresses are checked at
 * each delivery: they may be others by then. @throws ParleyError BAD_MESSAGE
 */
export function refuseTarget(policy: TargetPolicy, url: string): void {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (!isIP(host)) return;
  const why = policy.refusal(host, Number(port) || (protocol === 'https:' ? 443 : 80));
  if (why === undefined) return;
  const message = `must not be reached from here: ${why}`;
  throw new ParleyError('BAD_MESSAGE', 'The body is not as expected.', { details: [{ path: 'url', message }] });
}
