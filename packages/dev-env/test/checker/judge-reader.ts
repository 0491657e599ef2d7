import { briefly } from './content.ts';
import type { Entry, Log, Stretch } from './story.ts';
import type { Versions } from './versions.ts';

/**
 * Whether what a reader was given is a gapless stretch of the log, in order and from where it wished on, but for what it was told to be
 * gone. `log`: if it is still there. Gives a sentence for the first thing that is wrong.
 */
export function judgeReader(stretch: Stretch, versions: Versions, log: Log | undefined): string[] {
  const { reader, room, epoch, from, given, isWhole, since } = stretch;
  const where = `${reader} in ${room} ${epoch}`;
  const stored = new Map(log?.entries.map((entry) => [entry.seq, entry]));
  let next = from === 'first' ? undefined : from;

  for (const one of given) {
    if (one.is === 'gap') {
      if (one.from !== next || one.to < one.from)
        return [`${where}: a gap ${one.from}–${one.to} where ${next} was next`];
      if (log !== undefined && one.to >= log.oldest)
        return [`${where}: a gap to ${one.to}, but ${log.oldest} is there`];
      next = one.to + 1;
      continue;
    }
    const wrong = misplaced(one, next, log) ?? misread(one);
    if (wrong !== undefined) return [`${where}: ${wrong}`];
    next = one.seq + 1;
  }
  const end = next ?? log?.oldest ?? 0;
  if (isWhole && log !== undefined && end !== log.head + 1)
    return [`${where}: was given nothing from ${end} on, the log has ${log.head}`];
  return [];

  function misread(entry: Entry): string | undefined {
    const { seq, of, from: sender, shown } = entry;
    const there = stored.get(seq);
    if (there !== undefined && of !== there.of) return `${seq} as a change of ${of}, the log has it of ${there.of}`;
    if (there !== undefined && sender !== undefined && of === undefined && sender !== there.from)
      return `${seq} from ${sender}, the log has it from ${there.from}`;
    return versions.mayShow(entry, since) ? undefined : `${seq} said ${briefly(shown)}`;
  }
}

function misplaced({ seq }: Entry, next: number | undefined, log: Log | undefined): string | undefined {
  if (log !== undefined && seq > log.head) return `${seq}, but the log ends with ${log.head}`;
  if (next !== undefined) return seq === next ? undefined : `${seq} where ${next} was next`;
  return log !== undefined && seq > log.oldest ? `began with ${seq}, but ${log.oldest} is there` : undefined;
}
