import { ParleyError } from '@parley/common/runtime/errors';
import type { Logger } from '@parley/common/runtime/logger';
import type { SessionRow, UserRow, UsersDatabase } from '../tables.ts';
import { judgeRefresh } from './judge-refresh.ts';
import {
  createSecret,
  decodeRefreshToken,
  encodeRefreshToken,
  hashPart,
  padSuccessor,
  type RefreshToken,
} from './refresh-token.ts';
import type { Grant, SessionLimits } from './sessions.ts';

/** Two nodes may rotate the same token at once: who loses looks again. */
const MAX_LOOKS = 3;

/**
 * Gives a session's next refresh token for its current one.
 * @throws ParleyError UNAUTHENTICATED; a token that was used before has then ended its session
 */
export type RefreshSession = (refreshToken: string) => Promise<Grant & { user: UserRow }>;

export type RefreshSessionOptions = {
  database: UsersDatabase;
  limits: SessionLimits;
  log: Logger;
  now?: () => number;
};

export function createRefreshSession(options: RefreshSessionOptions): RefreshSession {
  const {
    database: { db },
    limits,
    log,
    now = Date.now,
  } = options;

  async function family({ handle }: RefreshToken): Promise<SessionRow | undefined> {
    return db.selectFrom('sessions').selectAll().where('handle_hash', '=', hashPart(handle)).executeTakeFirst();
  }

  /** Undefined when the token has been rotated by someone else meanwhile. */
  async function rotate(session: SessionRow, token: RefreshToken): Promise<Grant | undefined> {
    const secret = createSecret();
    const at = now();
    const rotated = await db
      .updateTable('sessions')
      .set({
        token_hash: hashPart(secret),
        previous_hash: session.token_hash,
        successor: padSuccessor(secret, token.secret).toString('base64url'),
        rotated_at: at,
        expires_at: Math.min(at + limits.idleMs, session.created_at + limits.maxMs),
      })
      .where('id', '=', session.id)
      .where('token_hash', '=', session.token_hash)
      .returningAll()
      .executeTakeFirst();
    return rotated && { session: rotated, refreshToken: encodeRefreshToken({ handle: token.handle, secret }) };
  }

  function repeat(session: SessionRow, { handle, secret }: RefreshToken): Grant {
    const successor = padSuccessor(Buffer.from(session.successor ?? '', 'base64url'), secret);
    return { session, refreshToken: encodeRefreshToken({ handle, secret: successor }) };
  }

  async function erase(session: SessionRow): Promise<void> {
    await db.deleteFrom('sessions').where('id', '=', session.id).execute();
  }

  async function grantFor(token: RefreshToken): Promise<Grant> {
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const session = await family(token);
      if (!session) throw refused('This session has ended; sign in again.');
      const verdict = judgeRefresh(session, hashPart(token.secret), now(), limits.graceMs);
      if (verdict === 'repeat') return repeat(session, token);
      if (verdict === 'rotate') {
        const grant = await rotate(session, token);
        if (grant) return grant;
        continue;
      }
      await erase(session);
      if (verdict === 'expired') throw refused('This session has expired; sign in again.');
      log.warn(
        { session: session.id, user: session.user_id },
        'a used refresh token came again; its session has ended',
      );
      throw refused('This refresh token was used before, so its session has ended; sign in again.');
    }
    throw new ParleyError('UNAVAILABLE', 'This session is being refreshed elsewhere; try again.', {
      retryAfterMs: 1_000,
    });
  }

  return async (refreshToken) => {
    const token = decodeRefreshToken(refreshToken);
    if (!token) throw refused('That is not a refresh token.');
    const grant = await grantFor(token);
    const user = await db.selectFrom('users').selectAll().where('id', '=', grant.session.user_id).executeTakeFirst();
    if (!user) throw refused('This session has ended; sign in again.');
    return { ...grant, user };
  };
}

function refused(message: string): ParleyError {
  return new ParleyError('UNAUTHENTICATED', message);
}
