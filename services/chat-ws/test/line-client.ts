import { vi } from 'vitest';
import { patience, type TestClient, type TestClientOptions } from './client.ts';

type Open = { client(options?: TestClientOptions): Promise<TestClient> };

/** A client of `parley.text.v1`: keeps each text message that came, which is a line. */
export class LineClient {
  readonly lines: string[];
  readonly client: TestClient;
  #read = 0;

  constructor(client: TestClient, lines: string[]) {
    this.client = client;
    this.lines = lines;
  }

  static async open(chat: Open, options: TestClientOptions = {}): Promise<LineClient> {
    const lines: string[] = [];
    const read = (data: Buffer, isBinary: boolean) => {
      if (isBinary) throw new Error('a binary message in the text subprotocol');
      lines.push(String(data));
      return undefined;
    };
    return new LineClient(await chat.client({ ...options, protocol: 'parley.text.v1', read }), lines);
  }

  /** A guest in a room. */
  static async in(chat: Open, room: string): Promise<LineClient> {
    const client = await LineClient.open(chat);
    client.say('NAME ada', `JOIN ${room}`);
    await client.next(2);
    return client;
  }

  /** Sends each as a message of its own. */
  say(...messages: string[]): void {
    for (const message of messages) this.client.send(message);
  }

  /** The next lines, now or later. */
  async next(count: number): Promise<string[]> {
    await vi.waitFor(() => {
      if (this.lines.length < this.#read + count)
        throw new Error(`only ${JSON.stringify(this.lines.slice(this.#read))}`);
    }, patience);
    this.#read += count;
    return this.lines.slice(this.#read - count, this.#read);
  }

  async ask(line: string): Promise<string | undefined> {
    this.say(line);
    return (await this.next(1))[0];
  }

  /** The lines with this first word, when there are so many. */
  async saying(word: string, count: number): Promise<string[]> {
    return vi.waitFor(() => {
      const found = this.lines.filter((line) => line === word || line.startsWith(`${word} `));
      if (found.length < count) throw new Error(`${found.length} of ${count} ${word}`);
      return found;
    }, patience);
  }
}
