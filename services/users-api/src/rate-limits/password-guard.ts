import type { Request, Response } from 'express';
import { addressKey } from './address-key.ts';
import { type Limiter, type Quota, sendQuota } from './quota.ts';

/**
 * Stops guessing at one account's password: few wrong ones from one address, more from all addresses together, so that a
 * stranger who guesses does not lock the owner out at once.
 */
export type PasswordGuard = {
  /** Runs a check of `account`'s password; what it gives is whether it was right. @throws ParleyError RATE_LIMITED */
  check(req: Request, res: Response, guess: { account: string; verify: () => Promise<boolean> }): Promise<boolean>;
};

export type PasswordGuardOptions = { perAddress: Limiter; perAccount: Limiter };

export function createPasswordGuard({ perAddress, perAccount }: PasswordGuardOptions): PasswordGuard {
  return {
    async check(req, res, { account, verify }) {
      const here = `${account} ${addressKey(req.ip)}`;
      // Counted before the password is looked at: many guesses at once shall not all be free.
      refuseIfOver(res, await perAddress.take(here));
      refuseIfOver(res, await perAccount.take(account));
      const isRight = await verify().catch(async (err) => {
        await Promise.all([perAddress.giveBack(here), perAccount.giveBack(account)]);
        throw err;
      });
      if (isRight) await Promise.all([perAddress.forget(here), perAccount.giveBack(account)]);
      return isRight;
    },
  };
}

function refuseIfOver(res: Response, quota: Quota): void {
  if (quota.isOver) sendQuota(res, quota);
}
