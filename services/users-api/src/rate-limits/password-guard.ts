import type { Request, Response } from 'express';
import { addressOf } from './address-of.ts';
import type { Limiters } from './limiters.ts';
import { type Quota, sendQuota } from './quota.ts';

/**
 * Stops guessing at one account's password: few wrong ones from one address, more from all addresses together, so that a
 * stranger who guesses does not lock the owner out at once.
 */
export type PasswordGuard = {
  /** Runs a check of `account`'s password; what it gives is whether it was right. @throws ParleyError RATE_LIMITED */
  check(req: Request, res: Response, guess: { account: string; verify: () => Promise<boolean> }): Promise<boolean>;
};

export function createPasswordGuard({ failures, failuresHere }: Limiters): PasswordGuard {
  return {
    async check(req, res, { account, verify }) {
      const here = `${account} ${addressOf(req)}`;
      // Counted before the password is looked at: many guesses at once shall not all be free.
      refuseIfOver(res, failuresHere.take(here));
      refuseIfOver(res, failures.take(account));
      const isRight = await verify().catch((err) => {
        failuresHere.giveBack(here);
        failures.giveBack(account);
        throw err;
      });
      if (isRight) {
        failuresHere.forget(here);
        failures.giveBack(account);
      }
      return isRight;
    },
  };
}

function refuseIfOver(res: Response, quota: Quota): void {
  if (quota.isOver) sendQuota(res, quota);
}
