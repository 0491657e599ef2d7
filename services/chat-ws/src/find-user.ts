import { publicUser } from '@parley/common/contracts/user';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Resolver } from '@parley/net/service-resolver';
import type { Sender } from './log/room-log.ts';

/**
 * Asks users-api who a user is, as somebody with this `authorization`; undefined: nobody.
 * @throws ParleyError UNAVAILABLE when users-api cannot be asked, UNAUTHENTICATED when it does not take the token
 */
export type FindUser = (id: string, authorization: string) => Promise<Sender | undefined>;

export function createFindUser({ usersApi, timeoutMs }: { usersApi: Resolver; timeoutMs: number }): FindUser {
  return async (id, authorization) => {
    try {
      const response = await fetch(new URL(`/api/users/${encodeURIComponent(id)}`, await usersApi()), {
        headers: { authorization, accept: 'application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      // What is not read would keep its connection.
      if (!response.ok) await response.body?.cancel();
      if (response.status === 404 || response.status === 400) return undefined;
      if (response.status === 401) throw new ParleyError('UNAUTHENTICATED', 'The access token is not valid any more.');
      if (!response.ok) throw new Error(`users-api answered ${response.status}`);
      const user = publicUser.parse(await response.json());
      return user.id === id ? { id, name: user.username } : undefined;
    } catch (cause) {
      if (cause instanceof ParleyError) throw cause;
      const message = 'It cannot be found out now who that user is; try again soon.';
      throw new ParleyError('UNAVAILABLE', message, { cause, retryAfterMs: 2_000 });
    }
  };
}
