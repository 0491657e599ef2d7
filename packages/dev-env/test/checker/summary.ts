import type { Story } from './story.ts';

/** What a run was made of, in a line. */
export function summaryOf({ attempts, stretches, reads, logs }: Story): string {
  const given = stretches.flatMap((stretch) => stretch.given);
  const count = (is: string) => attempts.filter(({ outcome }) => outcome.is === is).length;
  const epochs = new Set(stretches.map(({ room, epoch }) => `${room} ${epoch}`));
  return [
    `${count('posted')} acknowledged, ${count('refused')} refused and ${count('maybe')} unanswered of ${attempts.length} posts and changes`,
    `${attempts.filter(({ of, outcome }) => of !== undefined && outcome.is === 'posted').length} changes`,
    `${stretches.length} joins, ${given.length} entries given, ${given.filter(({ is }) => is === 'gap').length} gaps`,
    `${reads.length} pages, ${epochs.size} epochs, ${logs.reduce((sum, { entries }) => sum + entries.length, 0)} entries stored`,
  ].join(' · ');
}
