import type { Session } from '@parley/common/contracts/session';
import type { Actor } from '../authenticate.ts';
import type { SessionRow } from '../tables.ts';

export function toSession(actor: Actor, row: SessionRow): Session {
  return {
    id: row.id,
    createdAt: new Date(row.created_at).toISOString(),
    lastUsedAt: new Date(row.rotated_at).toISOString(),
    expiresAt: new Date(row.expires_at).toISOString(),
    userAgent: row.user_agent,
    address: row.address,
    current: row.id === actor.sessionId,
  };
}
