import type { Counts } from './minima.ts';
import type { Story } from './story.ts';

/** What a run was made of, in a line. */
export function summaryOf({ attempts, stretches, reads, logs, deletions }: Story, counts: Counts): string {
  const given = stretches.reduce((sum, stretch) => sum + stretch.given.length, 0);
  const count = (is: string) => attempts.filter(({ outcome }) => outcome.is === is).length;
  const epochs = new Set(stretches.map(({ room, epoch }) => `${room} ${epoch}`));
  return [
    `${count('posted')} acknowledged, ${count('refused')} refused and ${count('maybe')} unanswered of ${attempts.length} posts and changes`,
    `${counts.changes} changes, ${counts.duplicates} duplicates, ${counts.kept} in the room that is kept`,
    `${stretches.length} joins, ${given - counts.gaps} entries given, ${counts.gaps} gaps`,
    `${reads.length} pages, ${deletions.length} deletions, ${epochs.size} epochs, ${logs.reduce((sum, { entries }) => sum + entries.length, 0)} entries stored`,
  ].join(' · ');
}
