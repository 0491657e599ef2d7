import type { Story } from './story.ts';

/**
 * Whether every epoch of a room is accounted for: a room begins a new life only after somebody had it deleted. Without this, a server that
 * forgets its logs when it is killed has done nothing wrong: what it had acknowledged was of epochs of which there is no log any more.
 */
export function judgeEpochs({ attempts, stretches, reads, logs, deletions }: Story): string[] {
  const seen = new Map<string, Set<string>>();
  const see = (room: string, epoch: string | undefined) => {
    if (epoch === undefined) return;
    const epochs = seen.get(room) ?? new Set();
    seen.set(room, epochs.add(epoch));
  };
  for (const { room, outcome } of attempts) if (outcome.is === 'posted') see(room, outcome.epoch);
  for (const { room, epoch } of [...stretches, ...reads, ...logs]) see(room, epoch);
  return [...seen].flatMap(([room, epochs]) => {
    const times = deletions.filter((deleted) => deleted === room).length;
    return epochs.size <= 1 + times ? [] : [`${room} had ${epochs.size} epochs, and was deleted ${times} times`];
  });
}
