import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@parley/common/runtime/database';
import type { Logger } from '@parley/common/runtime/logger';
import { backoffMs } from '@parley/net/backoff';
import type { Tables } from '../database/tables.ts';
import { type Completion, completeJobs } from './complete-jobs.ts';

const MAX_BATCH = 200;

const RETRY = { baseMs: 100, maxMs: 2_000 };

type Waiting = { completion: Completion; resolve: (recorded: boolean) => void };

/**
 * Writes results of attempts in batches: one transaction at a time, and what arrives meanwhile is the next one. While
 * the database is away they wait, and with them the lanes that they belong to.
 */
export class Completions {
  readonly #database: Pick<Database<Tables>, 'db'>;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;

  constructor(database: Pick<Database<Tables>, 'db'>, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  /** Resolves when it is committed: false when the job had meanwhile been given to another worker, or was deleted. */
  add(completion: Completion): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.push({ completion, resolve });
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return promise;
  }

  /** Waits for what was added; a database that is away is no longer waited for. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    // Results that come in the same turn of the loop go into the same transaction.
    await new Promise(setImmediate);
    for (let failures = 0; this.#waiting.length > 0; ) {
      const batch = this.#waiting.slice(0, MAX_BATCH);
      try {
        const recorded = await completeJobs(
          this.#database.db,
          batch.map(({ completion }) => completion),
          Date.now(),
        );
        this.#waiting.splice(0, batch.length);
        for (const { completion, resolve } of batch) resolve(recorded.has(completion.job.id));
        failures = 0;
      } catch (err) {
        this.#log.error({ err, results: this.#waiting.length }, 'results of deliveries cannot be written');
        if (this.#closing.signal.aborted) return this.#giveUp();
        await delay(backoffMs(RETRY, failures, Math.random()), undefined, { signal: this.#closing.signal }).catch(
          () => {},
        );
        failures += 1;
      }
    }
  }

  /** Their leases will end, and the deliveries be repeated. */
  #giveUp(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve(false);
  }
}
