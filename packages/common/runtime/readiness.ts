import { setTimeout as delay } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import type { Closers } from './closers.ts';
import type { Logger } from './logger.ts';

/**
 * What a service needs to do its job: `check` gives what is wrong, or undefined when all is well. `isNote`: `/readyz` says
 * it, but the service does its own job all the same and stays ready.
 */
export type Check = { name: string; check: () => string | undefined | Promise<string | undefined>; isNote?: boolean };

export type ReadinessOptions = {
  checks: Check[];
  closers: Closers;
  log: Logger;
  /** A check that takes longer is a problem. */
  timeoutMs?: number;
};

/** `GET /readyz`: 200, or 503 with what is wrong by the checks' names. */
export function readiness({ checks, closers, log, timeoutMs = 2_000 }: ReadinessOptions): RequestHandler {
  const asked = checks.map(({ name, isNote = false, check }) => {
    const ask = oneAtATime(async () => {
      try {
        return await check();
      } catch (err) {
        log.warn({ err, check: name }, 'a check failed');
        return 'cannot be told';
      }
    });
    return { name, isNote, ask: () => inTime(ask(), timeoutMs) };
  });

  return async (_req, res) => {
    const found = await Promise.all(asked.map(async ({ name, isNote, ask }) => ({ name, isNote, says: await ask() })));
    const told = (notes: boolean) =>
      found.flatMap(({ name, isNote, says }) => (says && isNote === notes ? [[name, says]] : []));
    const problems = [...(closers.closing.aborted ? [['service', 'shutting down']] : []), ...told(false)];
    const notes = told(true);
    res.status(problems.length === 0 ? 200 : 503).json({
      status: problems.length === 0 ? 'ready' : 'not ready',
      ...(problems.length > 0 && { problems: Object.fromEntries(problems) }),
      ...(notes.length > 0 && { notes: Object.fromEntries(notes) }),
    });
  };
}

/** Who asks while a check is under way gets its answer: a crowd must not pile up behind what hangs. */
function oneAtATime<T>(check: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= check().finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function inTime(answer: Promise<string | undefined>, ms: number): Promise<string | undefined> {
  const answered = new AbortController();
  try {
    return await Promise.race([answer, delay(ms, 'gives no answer', { signal: answered.signal })]);
  } finally {
    answered.abort();
  }
}
