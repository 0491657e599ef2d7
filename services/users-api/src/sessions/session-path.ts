import { sessionId } from '@parley/common/contracts/session';
import { parseParams } from '@parley/common/runtime/http-input';
import type { Request } from 'express';
import { z } from 'zod';

const sessionPath = z.object({ id: sessionId });

/** The id of `/api/auth/sessions/:id`. */
export function sessionIdOf(req: Request): string {
  return parseParams(sessionPath, req).id;
}
