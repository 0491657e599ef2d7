import type { EventFeed } from '@parley/common/runtime/event-feed';
import type { SigningKeys } from './keys/signing-keys.ts';
import type { Passwords } from './passwords/passwords.ts';
import type { Limiters } from './rate-limits/limiters.ts';
import type { PasswordGuard } from './rate-limits/password-guard.ts';
import type { RefreshSession } from './sessions/refresh-session.ts';
import type { Sessions } from './sessions/sessions.ts';
import type { Settings } from './settings.ts';
import type { UsersDatabase } from './tables.ts';
import type { ChangeUsers } from './users/change-users.ts';

/** What the routes work with; made once, in service.ts. */
export type Parts = {
  settings: Settings;
  database: UsersDatabase;
  changeUsers: ChangeUsers;
  feed: EventFeed;
  keys: SigningKeys;
  passwords: Passwords;
  limiters: Limiters;
  passwordGuard: PasswordGuard;
  sessions: Sessions;
  refreshSession: RefreshSession;
};
