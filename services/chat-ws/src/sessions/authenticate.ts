import type { Auth } from '@parley/common/contracts/chat/auth';
import { role } from '@parley/common/contracts/user';
import type { TokenVerifier } from '@parley/common/runtime/access-tokens';
import { ParleyError } from '@parley/common/runtime/errors';
import { createGuest } from './guest.ts';
import type { Identity } from './identity.ts';
import type { Tickets } from './ticket.ts';

/** Who somebody has shown to be; `session`: the one that is resumed, when it was by a ticket. */
export type Shown = { identity: Identity; session?: string };

export type Authenticator = {
  /** @throws ParleyError UNAUTHENTICATED, FORBIDDEN (no guests here), UNAVAILABLE (it cannot be told now) */
  identify(shown: Pick<Auth, 'token' | 'guest' | 'ticket'>, now: number): Shown | Promise<Shown>;
  /** The same for an access token alone. */
  identifyToken(token: string): Promise<Identity>;
};

export type AuthenticatorOptions = {
  verifier: TokenVerifier;
  tickets: Tickets;
  guests: boolean;
  /** How long a guest may stay. */
  guestMs: number;
};

export function createAuthenticator({ verifier, tickets, guests, guestMs }: AuthenticatorOptions): Authenticator {
  async function identifyToken(token: string): Promise<Identity> {
    const { id, name, role: given, expiresAt } = await verifier.verify(token);
    return { user: { id, name, guest: false }, role: role.parse(given), expiresAt };
  }

  function identifyGuest(wish: string, now: number): Shown {
    if (!guests) throw new ParleyError('FORBIDDEN', 'Guests are not let in here; log in first.');
    return { identity: { user: createGuest(wish), role: 'user', expiresAt: now + guestMs } };
  }

  function identifyTicket(ticket: string, now: number): Shown {
    const resumed = tickets.redeem(ticket, now);
    if (resumed.identity.user.guest && !guests) throw new ParleyError('FORBIDDEN', 'Guests are not let in any more.');
    return resumed;
  }

  return {
    identifyToken,
    identify({ token, guest, ticket }, now) {
      if (token !== undefined) return identifyToken(token).then((identity) => ({ identity }));
      return ticket === undefined ? identifyGuest(guest ?? '', now) : identifyTicket(ticket, now);
    },
  };
}
