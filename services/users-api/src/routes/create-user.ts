import { createUser } from '@parley/common/contracts/user';
import { parseBody } from '@parley/common/runtime/http-input';
import type { RequestHandler } from 'express';
import { actorOf, presentActor, requireAdmin } from '../authenticate.ts';
import { keyedRequest } from '../idempotency.ts';
import type { Parts } from '../parts.ts';
import { createAccount } from '../users/create-account.ts';

/** `POST /api/users`, for admins; others register. */
export function createUserRoute(parts: Parts): RequestHandler {
  return async (req, res) => {
    const actor = actorOf(req);
    requireAdmin(actor);
    const { role = 'user', ...draft } = parseBody(createUser, req);
    const body = { ...draft, password: undefined, role };
    const keyed = keyedRequest(req, { scope: `create-user:${actor.id}`, body });
    const { user, isRepeated } = await createAccount(parts, {
      draft,
      async role(trx) {
        requireAdmin(await presentActor(trx, actor));
        return role;
      },
      keyed,
      verify: ({ passwordHash }) => parts.passwords.verify(draft.password, passwordHash),
    });
    if (isRepeated) res.set('Idempotency-Replayed', 'true');
    // A user begins with version 1, and the first answer told of that one.
    res
      .status(201)
      .set({ Location: `/api/users/${user.id}`, ETag: '"1"' })
      .json(user);
  };
}
