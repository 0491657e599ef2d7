import type { Ok, Withdraw } from '@parley/common/contracts/discovery';
import { grantOf, type NativeContext, type SignedRequest } from './native-context.ts';

/** "I am leaving": the instance is not listed any more, from this moment on. */
export function withdraw(request: SignedRequest<Withdraw>, context: NativeContext): Ok {
  const { name, instance } = request.message;
  const { stamp, now } = grantOf(request, undefined, context);
  context.registry.withdraw(name, instance, stamp, now);
  context.log.info({ service: name, instance }, 'withdrawn');
  return { type: 'ok' };
}
