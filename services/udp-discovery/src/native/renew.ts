import type { Ok, Renew } from '@parley/common/contracts/discovery';
import { grantOf, type NativeContext, type SignedRequest } from './native-context.ts';

/** "I am still here": the lease begins again. */
export function renew(request: SignedRequest<Renew>, context: NativeContext): Ok {
  const { name, instance, load, leaseMs: wishedMs } = request.message;
  const grant = grantOf(request, wishedMs, context);
  context.registry.renew(name, instance, { ...grant, load });
  return { type: 'ok', leaseMs: grant.leaseMs };
}
