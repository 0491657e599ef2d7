import { judgeAttempts, judgeLog } from './judge-attempts.ts';
import { judgeEpochs } from './judge-epochs.ts';
import { judgeHistory } from './judge-history.ts';
import { judgePresence } from './judge-presence.ts';
import { judgeReader } from './judge-reader.ts';
import type { Story } from './story.ts';
import { Versions } from './versions.ts';

/**
 * What must hold whatever happened: what was acknowledged is in the log, once and at its place; every reader saw a gapless, ordered
 * stretch of each epoch of a room, or was told of the gap; keys deduplicate; nobody who asks anew is shown what has been changed; a
 * room has a new epoch only when it had been deleted; who is in a room in the end has joined it. Gives a sentence for each violation. All
 * contents that were posted must be different.
 */
export function judge(story: Story): string[] {
  const { attempts, stretches, reads, logs, presences, complaints } = story;
  const known = new Map<string, Versions>();
  const versionsOf = (room: string, epoch: string) => {
    const versions = known.get(`${room} ${epoch}`) ?? new Versions(story, room, epoch);
    known.set(`${room} ${epoch}`, versions);
    return versions;
  };
  const logOf = (room: string, epoch: string) => logs.find((log) => log.room === room && log.epoch === epoch);
  return [
    ...complaints,
    ...judgeEpochs(story),
    ...presences.flatMap(judgePresence),
    ...logs.flatMap((log) => judgeLog(log, attempts, versionsOf(log.room, log.epoch))),
    ...judgeAttempts(attempts),
    ...stretches.flatMap((stretch) => {
      const { room, epoch } = stretch;
      return judgeReader(stretch, versionsOf(room, epoch), logOf(room, epoch));
    }),
    ...reads.flatMap((read) => {
      const { room, epoch } = read;
      return epoch === undefined ? [] : judgeHistory(read, versionsOf(room, epoch), logOf(room, epoch));
    }),
  ];
}
