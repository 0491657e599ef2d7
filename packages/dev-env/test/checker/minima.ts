import type { Story } from './story.ts';

/** How much there was of what a run is about. */
export type Counts = {
  /** Acknowledged posts and changes in the room that is never deleted: there is a log that they are compared with. */
  kept: number;
  changes: number;
  /** Keys that were repeated, and answered to be known. */
  duplicates: number;
  gaps: number;
  /** Logs of which the beginning is gone. */
  trimmed: number;
};

export function countsOf({ attempts, stretches, logs }: Story, keptRoom: string): Counts {
  const posted = attempts.flatMap(({ outcome, ...what }) => (outcome.is === 'posted' ? [{ ...what, outcome }] : []));
  return {
    kept: posted.filter(({ room }) => room === keptRoom).length,
    changes: posted.filter(({ of }) => of !== undefined).length,
    duplicates: posted.filter(({ outcome }) => outcome.duplicate).length,
    gaps: stretches.flatMap(({ given }) => given).filter(({ is }) => is === 'gap').length,
    trimmed: logs.filter(({ oldest }) => oldest > 1).length,
  };
}

/** What was missing in a run for its verdict to say anything. `isTrimmed`: whether logs were to lose their beginning. */
export function missingIn({ gaps, trimmed, ...others }: Counts, isTrimmed: boolean): string[] {
  const wanted = Object.entries({ ...others, ...(isTrimmed && { gaps, trimmed }) });
  return wanted.filter(([, count]) => count === 0).map(([what]) => what);
}
