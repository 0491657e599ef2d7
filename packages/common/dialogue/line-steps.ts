import type { ClientMessage } from '../contracts/chat/client-message.ts';
import { errorMessageOf } from '../contracts/chat/error.ts';
import { membersPerPage } from '../contracts/chat/members.ts';
import type { ServerMessage } from '../contracts/chat/server-message.ts';
import { ParleyError, toParleyError } from '../runtime/errors.ts';
import type { Line } from '../wire/lines.ts';
import {
  byeAnswer,
  formatEcho,
  formatPong,
  formatRooms,
  formatText,
  helloAnswer,
  helpAnswer,
} from '../wire/text-answers.ts';
import { parseTextCommand, type TextCommand } from '../wire/text-commands.ts';
import type { Answer } from './question.ts';
import type { Reply, Speaker, Step } from './step.ts';

/** `WHO` asks for so many pages of members at most; whoever has more people in a room pages through JSON. */
const maxMemberPages = 20;

/** The text subprotocol, however its lines travel: what a line comes to, and what a message of the server looks like. */
export class LineSteps {
  readonly #speaker: Speaker;
  readonly #bytesOf: (lines: string) => Buffer;

  /** `bytesOf`: how lines, each with its `\n`, leave. */
  constructor(speaker: Speaker, bytesOf: (lines: string) => Buffer) {
    this.#speaker = speaker;
    this.#bytesOf = bytesOf;
  }

  stepFor(line: Line): Step {
    try {
      return this.#stepForCommand(parseTextCommand(textOf(line), this.#speaker.currentRoom));
    } catch (thrown) {
      return this.failure(thrown);
    }
  }

  /** The answer to what cannot be a line, to one that is no good, and to one that comes too soon; the last has no fault but that. */
  failure(thrown: unknown): Extract<Step, { do: 'answer' }> {
    const failure = toParleyError(thrown);
    const bytes = this.#bytesOf(formatText(errorMessageOf(failure)));
    return { do: 'answer', bytes, isBad: failure.code !== 'RATE_LIMITED' };
  }

  /** A message that no line stands behind; undefined: it is not told in lines. */
  encode(message: ServerMessage): Buffer | undefined {
    const text = formatText(message, this.#speaker.name);
    return text === '' ? undefined : this.#bytesOf(text);
  }

  #stepForCommand(command: TextCommand): Step {
    switch (command.kind) {
      case 'hello':
        return this.#answer(helloAnswer);
      case 'ping':
        return this.#answer(formatPong(command.text));
      case 'help':
        return this.#answer(helpAnswer);
      case 'echo':
        return this.#answer(formatEcho(command.line));
      case 'quit':
        return { do: 'answer', bytes: this.#bytesOf(byeAnswer), isLast: true };
      case 'rooms':
        this.#checkLogin();
        return { do: 'ask', question: { type: 'rooms' }, reply: (given) => this.#reply(given) };
      case 'message':
        return this.#stepForMessage(command.message);
    }
  }

  #answer(text: string): Step {
    return { do: 'answer', bytes: this.#bytesOf(text) };
  }

  #stepForMessage(message: ClientMessage): Step {
    if (message.type === 'auth') return this.#login(message);
    this.#checkLogin();
    if (message.type === 'post') {
      return {
        do: 'post',
        post: message,
        size: Buffer.byteLength(message.text ?? ''),
        encode: (given) => this.#encode(given),
      };
    }
    if (message.type === 'members') return this.#who(message.room);
    return { do: 'ask', question: message, reply: (given) => this.#reply(given) };
  }

  /** A second AUTH refreshes the token. */
  #login(message: Extract<ClientMessage, { type: 'auth' }>): Step {
    const { name, isLate } = this.#speaker;
    if (name === undefined && isLate) {
      throw new ParleyError('UNAUTHENTICATED', 'The time to log in is over; connect again.');
    }
    const isRefresh = name !== undefined && message.token !== undefined;
    const question = isRefresh ? ({ type: 'refresh', token: message.token } as const) : message;
    return { do: 'ask', question: question as ClientMessage, reply: (given) => this.#reply(given) };
  }

  #checkLogin(): void {
    if (this.#speaker.name !== undefined) return;
    throw new ParleyError('UNAUTHENTICATED', 'Log in first: NAME <guest name>, AUTH <token> or RESUME <ticket>.');
  }

  /** Asks for all pages before it answers. */
  #who(room: string): Step {
    const members: Extract<Answer, { type: 'members' }>['members'] = [];
    const ask = (page: number) => ({ type: 'members', room, page }) as const;
    const reply = (given: Answer): Reply => {
      if (given.type !== 'members') return this.#reply(given);
      members.push(...given.members);
      const pages = Math.min(maxMemberPages, Math.ceil(given.total / membersPerPage));
      const page = Math.ceil(members.length / membersPerPage) + 1;
      if (given.members.length === membersPerPage && page <= pages) return { ask: ask(page) };
      return this.#reply({ ...given, members });
    };
    return { do: 'ask', question: ask(1), reply };
  }

  #reply(given: Answer): Reply {
    return { bytes: this.#encode(given), isLast: given.type === 'auth_failed' };
  }

  #encode(given: Answer): Buffer {
    if (given.type === 'done') return this.#bytesOf('');
    return this.#bytesOf(given.type === 'rooms' ? formatRooms(given.rooms) : formatText(given, this.#speaker.name));
  }
}

function textOf(line: Line): string {
  if ('text' in line) return line.text;
  if ('tooLong' in line) throw new ParleyError('TOO_LARGE', 'The line is too long; the rest of it is skipped.');
  throw new ParleyError('BAD_MESSAGE', 'The line is not UTF-8.');
}
