import type { HistoryPage } from '@parley/common/contracts/chat/history';
import type { Message } from '@parley/common/contracts/chat/message';
import { ParleyError } from '@parley/common/runtime/errors';

export type MessageStreamOptions = {
  /** Messages that are kept until they are taken. */
  most: number;
  /** The log's messages behind this `seq`. */
  read(after: number): Promise<HistoryPage>;
  onReturn(): void;
};

/**
 * A room's messages for a `for await` loop that may be slower than the room, in bounded memory.
 *
 * live: what comes is kept until it is taken. live → behind: too much is kept; what comes is only counted. behind → live: the loop has
 * taken all that was kept, and the rest is read from the room's history, page by page, until nothing is missing. What the log does not
 * have any more by then ends the loop with GONE. Either → ended.
 */
export class MessageStream implements AsyncIterableIterator<Message> {
  readonly #options: MessageStreamOptions;
  #kept: Message[] = [];
  #epoch = '';
  /** The last `seq` that was kept. */
  #last = 0;
  /** Since it fell behind: messages that were only counted, the last of them, and how many of them have been read. */
  #behind: { count: number; last: number; read: number } | undefined = undefined;
  #end: { error: Error | undefined } | undefined = undefined;
  #wake: () => void = () => {};
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: MessageStreamOptions) {
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(message: Message, epoch: string): void {
    this.#epoch = epoch;
    // A page of history may have overtaken it.
    if (message.seq <= this.#last) return;
    if (this.#behind === undefined && this.#kept.length >= this.#options.most) {
      this.#behind = { count: 0, last: 0, read: 0 };
    }
    if (this.#behind === undefined) this.#keep(message);
    else {
      this.#behind.count += 1;
      this.#behind.last = message.seq;
    }
    this.#wake();
  }

  /** The room has another log: what was only counted can be read no more. */
  reset(): void {
    if (this.#behind !== undefined) this.end(gone());
    this.#last = 0;
  }

  /** What is kept is still given, then the error is thrown, if there is one. */
  end(error?: Error): void {
    this.#end ??= { error };
    this.#wake();
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    const turn = this.#turn.then(() => this.#take());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async return(): Promise<IteratorResult<Message, undefined>> {
    this.#options.onReturn();
    this.#kept = [];
    this.end();
    return { done: true, value: undefined };
  }

  async #take(): Promise<IteratorResult<Message, undefined>> {
    for (;;) {
      const value = this.#kept.shift();
      if (value !== undefined) return { done: false, value };
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return { done: true, value: undefined };
      if (this.#behind !== undefined) await this.#catchUp();
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  async #catchUp(): Promise<void> {
    // What came before the question is in the answer; what comes meanwhile may not be.
    const until = this.#behind?.last ?? 0;
    const { epoch, messages, more } = await this.#options.read(this.#last);
    const behind = this.#behind;
    if (behind === undefined || this.#end !== undefined) return;
    if (epoch !== this.#epoch) return this.end(gone());
    behind.read += messages.filter(({ seq }) => seq <= behind.last).length;
    const last = messages.at(-1)?.seq ?? this.#last;
    const isThere = last >= behind.last;
    if (isThere ? behind.read < behind.count : !more && last < until) return this.end(gone());
    for (const message of messages) this.#keep(message);
    if (isThere) this.#behind = undefined;
  }

  #keep(message: Message): void {
    this.#last = message.seq;
    this.#kept.push(message);
  }
}

function gone(): ParleyError {
  return new ParleyError('GONE', 'This reader was so slow that the log does not have what it missed any more.');
}
