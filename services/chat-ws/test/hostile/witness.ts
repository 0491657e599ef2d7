import { expect, onTestFinished, vi } from 'vitest';
import { TestClient } from '../client.ts';
import { patience } from './raw-socket.ts';
import type { Target } from './target.ts';

/** Somebody who goes on talking while others attack. */
export class Witness {
  readonly #client: TestClient;
  readonly #room: string;
  #posted = 0;

  private constructor(client: TestClient, room: string) {
    this.#client = client;
    this.#room = room;
  }

  static async join(target: Target, room: string): Promise<Witness> {
    const scheme = target.isTls ? 'wss' : 'ws';
    const client = await TestClient.open(`${scheme}://127.0.0.1:${target.port}/ws`, { rejectUnauthorized: false });
    onTestFinished(() => client.ws.terminate());
    await client.ask({ type: 'auth', guest: 'witness' });
    await client.ask({ type: 'join', room });
    return new Witness(client, room);
  }

  /** Its posts are answered, and come back in order, with nothing between them. */
  async check(): Promise<void> {
    for (let n = 0; n < 3; n++) {
      this.#posted += 1;
      const answer = await this.#client.ask({ type: 'post', room: this.#room, text: `${this.#posted}` });
      expect(answer).toMatchObject({ type: 'posted', seq: this.#posted });
    }
    await vi.waitFor(() => expect(this.#client.all('message')).toHaveLength(this.#posted), patience);
    const told = this.#client.all('message').map(({ seq, text }) => [seq, text]);
    expect(told).toEqual(Array.from({ length: this.#posted }, (_, at) => [at + 1, `${at + 1}`]));
  }
}
