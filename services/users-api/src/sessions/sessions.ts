import { randomBytes } from 'node:crypto';
import type { SessionRow, Trx, UsersDatabase } from '../tables.ts';
import { createHandle, createSecret, decodeRefreshToken, encodeRefreshToken, hashPart } from './refresh-token.ts';

export type SessionLimits = { idleMs: number; maxMs: number; graceMs: number; perUser: number };

/** Where a session was begun, as far as the client says. */
export type Device = { userAgent: string | undefined; address: string | undefined };

/** A session with its current refresh token, which only its client keeps. */
export type Grant = { session: SessionRow; refreshToken: string };

export type Sessions = {
  start(userId: string, device: Device): Promise<Grant>;
  /** Ends the session of a refresh token, if it is one. */
  endByToken(refreshToken: string): Promise<void>;
  /** Ends one session of a user; false when there is no such one. */
  end(userId: string, sessionId: string): Promise<boolean>;
  /** Ends all sessions of a user but one. */
  endAll(userId: string, exceptId?: string, trx?: Trx): Promise<void>;
  list(userId: string): Promise<SessionRow[]>;
  find(userId: string, sessionId: string): Promise<SessionRow | undefined>;
  /** Erases what has expired; gives how many. */
  sweep(now: number): Promise<number>;
};

const LONGEST_USER_AGENT = 256;

export type SessionsOptions = { database: UsersDatabase; limits: SessionLimits; now?: () => number };

export function createSessions({ database: { db }, limits, now = Date.now }: SessionsOptions): Sessions {
  async function trim(userId: string): Promise<void> {
    const kept = db.selectFrom('sessions').select('id').where('user_id', '=', userId);
    const newest = kept.orderBy('rotated_at', 'desc').orderBy('id').limit(limits.perUser);
    await db.deleteFrom('sessions').where('user_id', '=', userId).where('id', 'not in', newest).execute();
  }

  return {
    async start(userId, { userAgent, address }) {
      const [handle, secret, at] = [createHandle(), createSecret(), now()];
      const session: SessionRow = {
        id: `s_${randomBytes(12).toString('base64url')}`,
        user_id: userId,
        handle_hash: hashPart(handle),
        token_hash: hashPart(secret),
        previous_hash: null,
        successor: null,
        created_at: at,
        rotated_at: at,
        expires_at: at + Math.min(limits.idleMs, limits.maxMs),
        user_agent: userAgent?.slice(0, LONGEST_USER_AGENT) ?? null,
        address: address ?? null,
      };
      await db.insertInto('sessions').values(session).execute();
      await trim(userId);
      return { session, refreshToken: encodeRefreshToken({ handle, secret }) };
    },
    async endByToken(refreshToken) {
      const token = decodeRefreshToken(refreshToken);
      if (token) await db.deleteFrom('sessions').where('handle_hash', '=', hashPart(token.handle)).execute();
    },
    async end(userId, sessionId) {
      const own = db.deleteFrom('sessions').where('id', '=', sessionId).where('user_id', '=', userId);
      return (await own.executeTakeFirstOrThrow()).numDeletedRows > 0n;
    },
    async endAll(userId, exceptId, trx) {
      let all = (trx ?? db).deleteFrom('sessions').where('user_id', '=', userId);
      if (exceptId !== undefined) all = all.where('id', '!=', exceptId);
      await all.execute();
    },
    list: (userId) =>
      db
        .selectFrom('sessions')
        .selectAll()
        .where('user_id', '=', userId)
        .where('expires_at', '>', now())
        .orderBy('rotated_at', 'desc')
        .orderBy('id')
        .execute(),
    find: (userId, sessionId) =>
      db
        .selectFrom('sessions')
        .selectAll()
        .where('id', '=', sessionId)
        .where('user_id', '=', userId)
        .where('expires_at', '>', now())
        .executeTakeFirst(),
    async sweep(at) {
      const { numDeletedRows } = await db
        .deleteFrom('sessions')
        .where('expires_at', '<=', at)
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}
