import { createTokenVerifier, type TokenVerifier } from '@parley/common/runtime/access-tokens';
import type { ServiceContext } from '@parley/common/runtime/start-service';
import type { Resolver } from '@parley/net/service-resolver';
import type { Kysely } from 'kysely';
import { loadChanged } from '../log/changed-users.ts';
import { loadRevoked } from '../log/revoked-users.ts';
import type { ChatTables } from '../log/tables.ts';
import { type Authenticator, createAuthenticator } from '../sessions/authenticate.ts';
import { createTickets, type Tickets } from '../sessions/ticket.ts';
import type { ChatWsSettings } from '../settings.ts';
import { KnownUsers, latestKept } from './known-users.ts';
import { presentTickets, presentTokens } from './present-identity.ts';

export type Identities = {
  users: KnownUsers;
  verifier: TokenVerifier;
  tickets: Tickets;
  authenticator: Authenticator;
};

/** How it is found out who somebody is: by users-api's tokens and our tickets, and by what is known of users since those were signed. */
export async function loadIdentities(
  { settings, keys }: Pick<ServiceContext<ChatWsSettings>, 'settings' | 'keys'>,
  { db, usersApi }: { db: Kysely<ChatTables>; usersApi: Resolver },
): Promise<Identities> {
  const { guests, guestMs, revokedMs, ticketMs } = settings;
  const [revoked, changed] = [await loadRevoked(db), await loadChanged(db, latestKept)];
  const users = new KnownUsers({ rememberMs: revokedMs, revoked, changed });
  const jwksUrl = async () => new URL('/.well-known/jwks.json', await usersApi());
  const verifier = presentTokens(createTokenVerifier({ jwksUrl }), users);
  const tickets = presentTickets(createTickets(keys, ticketMs), users);
  return { users, verifier, tickets, authenticator: createAuthenticator({ verifier, tickets, guests, guestMs }) };
}
