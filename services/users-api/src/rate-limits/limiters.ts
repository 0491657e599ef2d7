import type { Metrics } from '@parley/common/runtime/metrics';
import type { Settings } from '../settings.ts';
import { createLimiter, type Limiter } from './limiter.ts';

const MINUTE = 60_000;

export type Limiters = {
  /** By address. */
  registers: Limiter;
  logins: Limiter;
  /** By who changes. */
  changes: Limiter;
  /** By account and address. */
  failuresHere: Limiter;
  /** By account. */
  failures: Limiter;
};

/** The limits of tries, as the settings have them; what each one refuses is counted. */
export function createLimiters(settings: Settings, metrics: Metrics): Limiters {
  const refused = metrics.counter({
    name: 'parley_users_refused_total',
    help: 'Requests over a limit.',
    labels: ['limit'],
  });
  const limiter = (name: keyof Limiters, limit: number, windowMs: number) =>
    createLimiter({
      limit,
      windowMs,
      maxKeys: settings.limitedKeys,
      onRefused: () => refused.inc({ limit: name }),
    });
  return {
    registers: limiter('registers', settings.registersPerMinute, MINUTE),
    logins: limiter('logins', settings.loginsPerMinute, MINUTE),
    changes: limiter('changes', settings.changesPerMinute, MINUTE),
    failuresHere: limiter('failuresHere', settings.loginFailures, 15 * MINUTE),
    failures: limiter('failures', settings.accountFailures, 60 * MINUTE),
  };
}
