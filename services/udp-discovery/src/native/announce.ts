import type { Announce, Ok } from '@parley/common/contracts/discovery';
import { grantOf, type NativeContext, type SignedRequest } from './native-context.ts';

/** "I am here": lists the instance, or lists it anew, for the lease that it is granted. */
export function announce(request: SignedRequest<Announce>, context: NativeContext): Ok {
  const { type: _type, leaseMs: wishedMs, ...announcement } = request.message;
  const grant = grantOf(request, wishedMs, context);
  const isNew = !context.registry.find(announcement.name, announcement.instance, grant.now);
  context.registry.announce(announcement, grant);
  const { name, instance, address, ports } = announcement;
  if (isNew) context.log.info({ service: name, instance, address, ports }, 'registered');
  return { type: 'ok', leaseMs: grant.leaseMs };
}
