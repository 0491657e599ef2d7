import type { Role } from '@parley/common/contracts/user';
import { ParleyError } from '@parley/common/runtime/errors';

/** A user who has been deleted; until then (ms since 1970) some token or ticket of it may still be good by itself. */
export type Revoked = { user: string; until: number };

/** What a user is by its latest change. */
export type Latest = { name: string; role: Role };

/** A user who has been changed; what was signed before may be good by itself until then (ms since 1970). */
export type Changed = Latest & { user: string; until: number };

/** Users whose latest change is remembered, at most. */
export const latestKept = 10_000;

/**
 * What users-api has told of its users that their tokens and tickets do not say: who is no more, and what others are by now. Who is
 * deleted is remembered for as long as its tokens could last; changes as well, but for a bounded number of users.
 */
export class KnownUsers {
  readonly #rememberMs: number;
  readonly #revoked = new Map<string, number>();
  /** In the order of the changes. */
  readonly #latest = new Map<string, Latest & { until: number }>();

  constructor({
    rememberMs,
    revoked,
    changed,
  }: { rememberMs: number; revoked: readonly Revoked[]; changed: readonly Changed[] }) {
    this.#rememberMs = rememberMs;
    for (const { user, until } of revoked) this.#revoked.set(user, until);
    for (const { user, ...latest } of changed) this.#latest.set(user, latest);
  }

  /** Users that are remembered as deleted. */
  get revoked(): number {
    return this.#revoked.size;
  }

  /** The user was deleted at `at`; undefined when that is so long ago that nothing of it can be good any more. */
  revoke(user: string, at: number, now: number): Revoked | undefined {
    const until = at + this.#rememberMs;
    this.#latest.delete(user);
    if (until <= now) return undefined;
    this.#revoked.set(user, until);
    return { user, until };
  }

  /** The user has been changed at `at`. */
  change(user: string, latest: Latest, at: number): Changed {
    const until = at + this.#rememberMs;
    this.#latest.delete(user);
    if (this.#latest.size >= latestKept) this.#latest.delete(this.#latest.keys().next().value!);
    this.#latest.set(user, { ...latest, until });
    return { user, ...latest, until };
  }

  /**
   * What somebody is now who has shown to be this user, as far as that is known to differ. @throws ParleyError UNAUTHENTICATED when the
   * user has been deleted
   */
  present<Shown extends Latest>(user: string, shown: Shown): Shown {
    if (this.#revoked.has(user)) throw new ParleyError('UNAUTHENTICATED', 'This user has been deleted.');
    const latest = this.#latest.get(user);
    return latest === undefined ? shown : { ...shown, name: latest.name, role: latest.role };
  }

  /** Forgets what cannot matter any more; whether that was anybody. */
  forget(now: number): boolean {
    let hasForgotten = false;
    for (const [user, until] of this.#revoked) {
      if (until > now) continue;
      this.#revoked.delete(user);
      hasForgotten = true;
    }
    for (const [user, { until }] of this.#latest) {
      if (until > now) continue;
      this.#latest.delete(user);
      hasForgotten = true;
    }
    return hasForgotten;
  }
}
