import { setTimeout as delay } from 'node:timers/promises';
import { RawClient } from '../raw-client.ts';
import { keyedPosts } from './posters.ts';

const retryMs = 50;
const patienceMs = 10_000;

/** Posts one after the other as long as it is let; each until it is acknowledged, whatever becomes of the connection. */
export class PersistentPoster {
  /** The room's last message that was acknowledged. */
  head = 0;
  readonly #url: string;
  readonly #everyMs: number;
  #client: RawClient | undefined = undefined;
  #stopped = false;

  constructor(url: string, everyMs: number) {
    this.#url = url;
    this.#everyMs = everyMs;
  }

  /** Resolves when it was stopped and its last post is acknowledged. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      const frame = keyedPosts(1);
      while (!(await this.#post(frame))) await delay(retryMs);
      await delay(this.#everyMs);
    }
    this.#client?.leave();
  }

  stop(): void {
    this.#stopped = true;
  }

  /** False: it is not known to be stored. */
  async #post(frame: Buffer): Promise<boolean> {
    try {
      if (this.#client === undefined || this.#client.closed) this.#client = await this.#enter();
      const posted = Promise.withResolvers<number>();
      this.#client.onText = (payload) => {
        const { type, seq, code } = JSON.parse(String(payload));
        if (type === 'posted') posted.resolve(seq);
        if (type === 'error') posted.reject(new Error(code));
      };
      this.#client.onClosed = () => posted.reject(new Error('the connection has ended'));
      const timer = setTimeout(() => posted.reject(new Error('no answer in time')), patienceMs);
      this.#client.write(frame);
      this.head = Math.max(this.head, await posted.promise.finally(() => clearTimeout(timer)));
      return true;
    } catch {
      this.#client?.end();
      this.#client = undefined;
      return false;
    }
  }

  async #enter(): Promise<RawClient> {
    const client = await RawClient.open(this.#url);
    await client.ask({ type: 'auth', guest: 'poster' });
    return client;
  }
}
