import type { CookieAnswer, Found, FoundInstance, Locate } from '@parley/common/contracts/discovery';
import { encodeFoundInstance } from '@parley/common/wire/discovery-body';
import type { NativeContext } from './native-context.ts';

/** How many bytes of instances an answer may hold, for an asker that has proved its address and for one that has not. */
export type AnswerSpace = { provedBytes: number; unprovedBytes: number };

/**
 * "Where is it?" The instances that fit, the least busy first; `total` counts all. An asker that would get less for
 * want of a cookie gets the cookie instead.
 */
export function locate(
  { message, address, space }: { message: Locate; address: string; space: AnswerSpace },
  { registry, cookies, now }: NativeContext,
): Found | CookieAnswer {
  const { name, tag, cookie } = message;
  const located = registry.locate(name, now(), tag);
  const { instances, bytes } = fitting(located, space.provedBytes);
  if (bytes > space.unprovedBytes && !cookies.isValid(cookie, address, now())) {
    return { type: 'cookie', cookie: cookies.issue(address, now()) };
  }
  return { type: 'found', instances, total: Math.min(0xffff, located.length), index: registry.revision };
}

/** The first instances that fit together, and their size. Stops at the first one that does not. */
function fitting(located: FoundInstance[], maxBytes: number): { instances: FoundInstance[]; bytes: number } {
  const instances: FoundInstance[] = [];
  let bytes = 0;
  for (const instance of located) {
    const size = encodeFoundInstance(instance).length;
    if (bytes + size > maxBytes) break;
    instances.push(instance);
    bytes += size;
  }
  return { instances, bytes };
}
