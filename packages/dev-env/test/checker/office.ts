import { problem } from '@parley/common/contracts/problem';
import { room as roomResource } from '@parley/common/contracts/room';
import { createdMessage, messagesPage } from '@parley/common/contracts/room-messages';
import got, { HTTPError } from 'got';
import type { Content } from './content.ts';
import type { Notes } from './notes.ts';
import { isExpected, outcomeOfError } from './outcome-of.ts';
import type { Attempt, HistoryRead, Outcome } from './story.ts';
import { shownIn } from './transports/told-of-message.ts';

const OPTIONS = { timeout: { request: 20_000 }, retry: { limit: 0 }, throwHttpErrors: true } as const;

/** An admin at chat-ws's REST. */
export class Office {
  readonly written: Attempt[] = [];
  readonly #notes: Notes;
  readonly #origin: string;
  readonly #base: string;
  readonly #headers: { authorization: string };
  readonly #user: string;

  constructor(options: { notes: Notes; chatPort: number; token: string; user: string }) {
    this.#notes = options.notes;
    this.#origin = `http://127.0.0.1:${options.chatPort}`;
    this.#base = `${this.#origin}/api/rooms`;
    this.#headers = { authorization: `Bearer ${options.token}` };
    this.#user = options.user;
  }

  async post(room: string, content: Content, key?: string): Promise<void> {
    const notes = this.#notes;
    const attempt: Attempt = {
      ...{ sender: this.#user, connection: notes.nextConnection(), room, key, of: undefined, content },
      since: notes.tick(),
      outcome: { is: 'maybe' },
    };
    notes.attempts.push(attempt);
    this.written.push(attempt);
    const headers = { ...this.#headers, ...(key !== undefined && { 'idempotency-key': key }) };
    attempt.outcome = await got
      .post(`${this.#base}/${room}/messages`, { ...OPTIONS, headers, json: content })
      .json()
      .then((body): Outcome => {
        const { epoch, seq } = createdMessage.parse(body);
        return { is: 'posted', tick: notes.tick(), epoch, seq, duplicate: undefined };
      })
      .catch((thrown) => this.#failed('a post', thrown));
  }

  /** Deletes the room, if it is there; whoever comes next makes it anew. */
  async remove(room: string): Promise<void> {
    const failure = await got
      .delete(`${this.#base}/${room}`, { ...OPTIONS, headers: this.#headers })
      .then(() => undefined)
      .catch((thrown) => this.#failed('a deletion', thrown));
    if (failure?.is !== 'refused') this.#notes.deletions.push(room);
  }

  async state(room: string): Promise<{ epoch: string; head: number; members: number }> {
    return roomResource.parse(await got(`${this.#base}/${room}`, { ...OPTIONS, headers: this.#headers }).json());
  }

  /** How often chat-ws has left somebody behind since it started, because too much was unsent. */
  async fellBehind(): Promise<number> {
    const figures = await got(`${this.#origin}/metrics`, OPTIONS).text();
    return Number(/^parley_chat_fell_behind_total(?:\{.*\})? (\d+)$/m.exec(figures)?.[1]);
  }

  /** One page of history, noted down. */
  async page(
    room: string,
    where: { before?: number; after?: number; limit: number },
  ): Promise<HistoryRead & { more: boolean }> {
    const since = this.#notes.tick();
    const url = `${this.#base}/${room}/messages`;
    const body = await got(url, { ...OPTIONS, headers: this.#headers, searchParams: where }).json();
    const { epoch, messages, more } = messagesPage.parse(body);
    const read = { reader: 'office', room, epoch, since, ...where, messages: messages.map(shownIn) };
    this.#notes.reads.push(read);
    return { ...read, more };
  }

  #failed(what: string, thrown: unknown): Outcome {
    if (!(thrown instanceof HTTPError)) return { is: 'maybe' };
    const { code } = problem.parse(JSON.parse(String(thrown.response.body)));
    if (!isExpected(code, false)) this.#notes.complaints.push(`${what} over REST was answered ${code}`);
    return outcomeOfError(code);
  }
}
