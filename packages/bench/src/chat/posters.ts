import { setTimeout as delay } from 'node:timers/promises';
import type { Closers } from '@parley/common/runtime/closers';
import { clientFrame } from '../client-frames.ts';
import { openClients, until } from '../clients.ts';
import type { RawClient } from '../raw-client.ts';
import { parleyJson, room } from './languages.ts';
import { keyChars, RandomKeys } from './random-keys.ts';

const keys = new RandomKeys();
const template = clientFrame({ type: 'post', id: 1, room, key: '#'.repeat(keyChars), text: 'x'.repeat(128) });
const keyAt = template.indexOf('#');

/** Frames of so many posts of 128 bytes, each with a key of its own. */
export function keyedPosts(count: number): Buffer {
  const frames = Buffer.alloc(count * template.length);
  for (let at = 0; at < frames.length; at += template.length) {
    template.copy(frames, at);
    frames.write(keys.next(), at + keyAt, 'latin1');
  }
  return frames;
}

const posted = '{"type":"posted"';

/** Clients that post into a room they have not joined. */
export class Posters {
  readonly clients: readonly RawClient[];
  #failure: string | undefined = undefined;
  #outstanding = 0;
  #seen: number[] = [];

  private constructor(clients: RawClient[]) {
    this.clients = clients;
    for (const [index, client] of clients.entries()) {
      client.onText = (payload) => {
        if (payload.toString('latin1', 0, posted.length) !== posted) this.#failure = String(payload);
      };
      client.onCounted = () => this.#goOn(client, index);
    }
  }

  static async enter(closers: Closers, url: string, count: number): Promise<Posters> {
    return new Posters(await openClients(closers, { url, count, enter: (client) => parleyJson.introduce(client) }));
  }

  /** Begins to keep so many posts of each client under way; 0: no more. */
  keep(outstanding: number): void {
    const more = outstanding - this.#outstanding;
    this.#outstanding = outstanding;
    this.#seen = this.clients.map(({ count }) => count);
    if (more > 0) for (const client of this.clients) client.write(keyedPosts(more));
  }

  /** Acknowledged posts per second for `ms`, with so many of each client under way. @throws Error when one was refused */
  async perSecond(outstanding: number, ms: number): Promise<number> {
    this.keep(outstanding);
    const before = this.#acknowledged();
    const begun = performance.now();
    await delay(ms);
    const rate = (this.#acknowledged() - before) / ((performance.now() - begun) / 1_000);
    const wanted = this.clients.map(({ count }) => count);
    this.keep(0);
    await until(
      () => this.clients.every(({ count }, index) => count >= wanted[index]! + outstanding),
      'all posts stored',
    );
    if (this.#failure !== undefined) throw new Error(`a post was not stored: ${this.#failure}`);
    return rate;
  }

  #goOn(client: RawClient, index: number): void {
    const answered = client.count - this.#seen[index]!;
    this.#seen[index] = client.count;
    if (this.#outstanding > 0 && answered > 0) client.write(keyedPosts(answered));
  }

  #acknowledged(): number {
    return this.clients.reduce((sum, { count }) => sum + count, 0);
  }
}

/** The room's one reader. */
export async function enterReader(closers: Closers, url: string): Promise<void> {
  await openClients(closers, {
    url,
    count: 1,
    async enter(client) {
      await parleyJson.introduce(client);
      await parleyJson.join(client);
    },
  });
}
