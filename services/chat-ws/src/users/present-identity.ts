import { role } from '@parley/common/contracts/user';
import type { TokenVerifier } from '@parley/common/runtime/access-tokens';
import type { Tickets } from '../sessions/ticket.ts';
import type { KnownUsers } from './known-users.ts';

/** A verifier that knows who has been deleted or changed since a token was signed. */
export function presentTokens(verifier: TokenVerifier, users: KnownUsers): TokenVerifier {
  return {
    async verify(token) {
      const identity = await verifier.verify(token);
      return users.present(identity.id, { ...identity, role: role.parse(identity.role) });
    },
  };
}

/** The same for tickets; guests are nobody's users. */
export function presentTickets(tickets: Tickets, users: KnownUsers): Tickets {
  return {
    issue: tickets.issue,
    redeem(ticket, now) {
      const { identity, session } = tickets.redeem(ticket, now);
      if (identity.user.guest) return { identity, session };
      const { name, role } = users.present(identity.user.id, { name: identity.user.name, role: identity.role });
      return { identity: { ...identity, user: { ...identity.user, name }, role }, session };
    },
  };
}
