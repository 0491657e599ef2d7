import { briefly, contentKey } from './content.ts';
import type { Attempt, Log, LogEntry } from './story.ts';
import type { Versions } from './versions.ts';

type Posted = Attempt & { outcome: Extract<Attempt['outcome'], { is: 'posted' }> };

/** Whether what was answered is so: each post is in the log, at its place, once; keys deduplicate; what was sent in order is in order. */
export function judgeAttempts(attempts: readonly Attempt[]): string[] {
  const posted = attempts.filter((attempt): attempt is Posted => attempt.outcome.is === 'posted');
  const byEpoch = Map.groupBy(posted, ({ room, outcome }) => `${room} ${outcome.epoch}`);
  const ofOneEpoch = [...byEpoch].flatMap(([where, some]) => [
    ...judgePlaces(where, some),
    ...judgeKeys(where, some),
    ...judgeOrder(where, some),
  ]);
  return [...ofOneEpoch, ...judgeConflicts(attempts)];
}

/** Whether the log has what was answered to be there, and nothing else. */
export function judgeLog(log: Log, attempts: readonly Attempt[], versions: Versions): string[] {
  const { room, epoch, oldest, head, entries } = log;
  const where = `the log of ${room} ${epoch}`;
  const stored = new Map(entries.map((entry) => [entry.seq, entry]));
  const wrong = entries.flatMap(({ seq, of, content }, i) => {
    if (seq !== oldest + i) return [`${where}: ${seq} stands where ${oldest + i} should`];
    const mayBe = versions.mayShow({ seq, of, shown: content }, Number.MAX_SAFE_INTEGER);
    return mayBe ? [] : [`${where}: ${seq} says ${briefly(content)}, which it should not`];
  });
  if (entries.length !== head - oldest + 1) wrong.push(`${where}: ${entries.length} entries from ${oldest} to ${head}`);

  const here = attempts.filter((attempt) => attempt.room === room);
  for (const { sender, of, content, outcome } of here) {
    if (outcome.is !== 'posted' || outcome.epoch !== epoch || outcome.seq < oldest) continue;
    const entry = stored.get(outcome.seq);
    const is = entry !== undefined && entry.of === of && isFrom(entry, sender);
    if (!is)
      wrong.push(
        `${where}: ${briefly(content)} was posted as ${outcome.seq}, where there is ${briefly(entry?.content)}`,
      );
  }
  return [...wrong, ...judgeUnasked(log, here), ...judgeDoubles(log)];
}

/** What was refused, or answered to be somewhere else, is not there. */
function judgeUnasked({ room, epoch, entries }: Log, attempts: readonly Attempt[]): string[] {
  const byContent = Map.groupBy(attempts, ({ of, content }) => `${of} ${contentKey(content)}`);
  const answered = new Set(
    attempts.flatMap(({ outcome: is }) => (is.is === 'posted' && is.epoch === epoch ? [is.seq] : [])),
  );
  const changed = new Set(entries.map(({ of }) => of));
  return entries.flatMap(({ seq, of, content }) => {
    if (answered.has(seq) || changed.has(of ?? seq) || 'deleted' in content) return [];
    const sent = byContent.get(`${of} ${contentKey(content)}`) ?? [];
    if (sent.some(({ outcome }) => outcome.is === 'maybe')) return [];
    return [`the log of ${room} ${epoch}: ${seq}, ${briefly(content)}, was never told to be stored`];
  });
}

function judgeDoubles({ room, epoch, entries }: Log): string[] {
  const messages = entries.filter(({ of, content }) => of === undefined && !('deleted' in content));
  const byContent = Map.groupBy(messages, ({ content }) => contentKey(content));
  const doubles = [...byContent.values()].filter(({ length }) => length > 1);
  return doubles.map(
    (some) => `the log of ${room} ${epoch}: ${briefly(some[0]?.content)} is at ${some.map(({ seq }) => seq)}`,
  );
}

/** One content has one place, and one place has one content. */
function judgePlaces(where: string, posted: Posted[]): string[] {
  const bySeq = Map.groupBy(posted, ({ outcome }) => outcome.seq);
  const crowded = [...bySeq].filter(([, some]) => new Set(some.map(whatOf)).size > 1);
  const messages = posted.filter(({ of }) => of === undefined);
  const scattered = [...Map.groupBy(messages, whatOf).values()].map(seqs).filter(({ length }) => length > 1);
  return [
    ...crowded.map(([seq]) => `${where}: ${seq} was the answer to different posts`),
    ...scattered.map((places) => `${where}: one post has the places ${places}`),
  ];
}

function judgeKeys(where: string, posted: Posted[]): string[] {
  const keyed = posted.filter(({ key, sender }) => key !== undefined && sender !== undefined);
  return [...Map.groupBy(keyed, ({ sender, key }) => `${sender} ${key}`)].flatMap(([key, some]) => {
    const firsts = some.filter(({ outcome }) => outcome.duplicate === false);
    if (seqs(some).length > 1) return [`${where}: the key ${key} stands for ${seqs(some)}`];
    if (new Set(some.map(whatOf)).size > 1) return [`${where}: the key ${key} stands for different contents`];
    return firsts.length > 1 ? [`${where}: the key ${key} was new ${firsts.length} times`] : [];
  });
}

/** A connection's posts are stored in their order, and nobody's before one that had been answered when it was sent. */
function judgeOrder(where: string, posted: Posted[]): string[] {
  const firsts = posted.filter(({ outcome }) => outcome.duplicate === false).toSorted((a, b) => a.since - b.since);
  const answers = firsts.toSorted((a, b) => a.outcome.tick - b.outcome.tick);
  const lastOf = new Map<number, number>();
  const wrong: string[] = [];
  let answered = 0;
  let i = 0;
  for (const { connection, since, outcome } of firsts) {
    for (; (answers[i]?.outcome.tick ?? since) < since; i += 1)
      answered = Math.max(answered, answers[i]?.outcome.seq ?? 0);
    const floor = Math.max(answered, lastOf.get(connection) ?? 0);
    if (outcome.seq <= floor) wrong.push(`${where}: ${outcome.seq} was posted after ${floor}`);
    lastOf.set(connection, outcome.seq);
  }
  return wrong;
}

/** A key is refused only to who has used it for something else. */
function judgeConflicts(attempts: readonly Attempt[]): string[] {
  const byKey = Map.groupBy(attempts, ({ room, sender, key }) => `${room} ${sender} ${key}`);
  return attempts.flatMap((attempt) => {
    const { room, sender, key, outcome } = attempt;
    if (outcome.is !== 'refused' || outcome.code !== 'CONFLICT') return [];
    const others = byKey.get(`${room} ${sender} ${key}`) ?? [];
    return others.some((other) => whatOf(other) !== whatOf(attempt))
      ? []
      : [`${room}: the key ${key} was refused without a reason`];
  });
}

function isFrom({ from }: LogEntry, sender: string | undefined): boolean {
  return from === undefined || sender === undefined || from === sender;
}

function whatOf({ of, content }: Attempt): string {
  return `${of} ${contentKey(content)}`;
}

function seqs(posted: Posted[]): number[] {
  return [...new Set(posted.map(({ outcome }) => outcome.seq))];
}
