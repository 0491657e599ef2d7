import type { DiscoveryMessage } from '@parley/common/contracts/discovery';
import type { Logger } from '@parley/common/runtime/logger';
import type { Origin } from '@parley/common/wire/discovery-datagram';
import type { Grant, Registry } from '../registry.ts';
import type { Cookies } from './cookies.ts';
import { checkFreshness, grantedLeaseMs, type LeasePolicy } from './lease-policy.ts';

/** What the handlers of requests work with. */
export type NativeContext = {
  registry: Registry;
  cookies: Cookies;
  policy: LeasePolicy;
  log: Logger;
  /** ms, of a clock that never goes back */
  now: () => number;
  /** ms since 1970 */
  wallClock: () => number;
};

/** A request whose signature was checked. */
export type SignedRequest<Message extends DiscoveryMessage> = { message: Message; origin: Origin };

/** @throws ParleyError CONFLICT when the request is not of our time */
export function grantOf(
  { origin: { epoch, sequence } }: SignedRequest<DiscoveryMessage>,
  wishedMs: number | undefined,
  { policy, now, wallClock }: NativeContext,
): Grant {
  const stamp = { epoch, sequence };
  checkFreshness(stamp, wallClock(), policy);
  return { stamp, now: now(), leaseMs: grantedLeaseMs(wishedMs, policy) };
}
