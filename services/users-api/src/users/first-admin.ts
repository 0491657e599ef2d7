import { createHash, timingSafeEqual } from 'node:crypto';
import type { Role } from '@parley/common/contracts/user';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Mode } from '@parley/common/runtime/settings';
import type { Trx } from '../tables.ts';
import { countAdmins, countUsers } from './find-users.ts';

export type FirstAdminRule = { mode: Mode; setupToken: string | undefined };

/**
 * The role of who registers: the first admin by the setup token, for as long as there is no admin (the last one can
 * neither leave nor step down, so the token works once); in development also the first user of all.
 * @throws ParleyError FORBIDDEN for a setup token that is wrong or has done its work
 */
export async function roleAtRegistration(trx: Trx, given: string | undefined, rule: FirstAdminRule): Promise<Role> {
  if (given !== undefined) {
    if (rule.setupToken === undefined || !isSame(given, rule.setupToken)) throw refused('is not the setup token');
    if ((await countAdmins(trx)) > 0) throw refused('has been used: there is an admin');
    return 'admin';
  }
  return rule.mode === 'development' && (await countUsers(trx)) === 0 ? 'admin' : 'user';
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function refused(message: string): ParleyError {
  return new ParleyError('FORBIDDEN', `The setup token ${message}.`, { details: [{ path: 'setupToken', message }] });
}
