import { randomBytes } from 'node:crypto';
import type { SessionRow, Trx, UserRow, UsersDatabase } from '../tables.ts';
import { createHandle, createSecret, decodeRefreshToken, encodeRefreshToken, hashPart } from './refresh-token.ts';

export type SessionLimits = { idleMs: number; maxMs: number; graceMs: number; perUser: number };

/** Where a session was begun, as far as the client says. */
export type Device = { userAgent: string | undefined; address: string | undefined };

/** A session with its current refresh token, which only its client keeps. */
export type Grant = { session: SessionRow; refreshToken: string };

export type Sessions = {
  /** Undefined when the user is gone by now, or has another password than the one that was checked. */
  start(user: UserRow, device: Device): Promise<Grant | undefined>;
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

export function createSessions({ database, limits, now = Date.now }: SessionsOptions): Sessions {
  const { db, kind } = database;

  /** Holds the user's row: neither its end nor a change of its password, which end sessions, can miss the new one. */
  async function isUnchanged(trx: Trx, { id, password_hash: hash }: UserRow): Promise<boolean> {
    const same = trx.selectFrom('users').select('id').where('id', '=', id).where('password_hash', '=', hash);
    return (await (kind === 'postgres' ? same.forNoKeyUpdate() : same).executeTakeFirst()) !== undefined;
  }

  async function trim(trx: Trx, userId: string): Promise<void> {
    const kept = trx.selectFrom('sessions').select('id').where('user_id', '=', userId);
    const newest = kept.orderBy('rotated_at', 'desc').orderBy('id').limit(limits.perUser);
    await trx.deleteFrom('sessions').where('user_id', '=', userId).where('id', 'not in', newest).execute();
  }

  return {
    start(user, { userAgent, address }) {
      const [handle, secret, at] = [createHandle(), createSecret(), now()];
      const session: SessionRow = {
        id: `s_${randomBytes(12).toString('base64url')}`,
        user_id: user.id,
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
      return db.transaction().execute(async (trx) => {
        if (!(await isUnchanged(trx, user))) return undefined;
        await trx.insertInto('sessions').values(session).execute();
        await trim(trx, user.id);
        return { session, refreshToken: encodeRefreshToken({ handle, secret }) };
      });
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
