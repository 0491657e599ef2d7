import { userId } from '@parley/common/contracts/user';
import { parseParams } from '@parley/common/runtime/http-input';
import type { Request } from 'express';
import { z } from 'zod';
import { actorOf } from '../authenticate.ts';

const userPath = z.object({ id: userId });

/** The id of `/api/users/:id`; `me` is who asks. */
export function userIdOf(req: Request): string {
  const { id } = parseParams(userPath, req);
  return id === 'me' ? actorOf(req).id : id;
}
