import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import { errorMessageOf } from '@parley/common/contracts/chat/error';
import { membersPerPage } from '@parley/common/contracts/chat/members';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { ParleyError, toParleyError } from '@parley/common/runtime/errors';
import { type Line, LineDecoder } from '@parley/common/wire/lines';
import {
  byeAnswer,
  formatEcho,
  formatPong,
  formatRooms,
  formatText,
  helloAnswer,
  helpAnswer,
} from '@parley/common/wire/text-answers';
import { parseTextCommand, resumeLine, type TextCommand } from '@parley/common/wire/text-commands';
import type { Dialogue, Reply, Speaker, Step } from '../clients/dialogue.ts';
import { InputQueue } from '../clients/input-queue.ts';
import type { Answer } from '../sessions/question.ts';
import { HttpGuard, httpRefusal } from './http-guard.ts';

/** Said to a client that stays silent. */
export const greeting = Buffer.from(
  'PARLEY 1 Type NAME and a name to come in as a guest, then JOIN and a room; HELP lists all commands.\n',
);

/** `WHO` asks for so many pages of members at most; whoever has more people in a room pages through JSON. */
const maxMemberPages = 20;

/** Speaks lines: one command a line, one answer a command. */
export class LineDialogue implements Dialogue {
  readonly format = 'lines';
  readonly #speaker: Speaker;
  readonly #decoder: LineDecoder;
  readonly #lines = new InputQueue<Line>();
  readonly #guard = new HttpGuard();

  constructor(speaker: Speaker, { maxLineBytes }: { maxLineBytes: number }) {
    this.#speaker = speaker;
    this.#decoder = new LineDecoder({ maxBytes: maxLineBytes, exception: resumeLine });
  }

  feed(chunk: Buffer): void {
    this.#lines.push(this.#decoder.feed(chunk));
  }

  end(): void {
    this.#lines.push(this.#decoder.end());
  }

  next(): Step | undefined {
    const line = this.#lines.take();
    if (line === undefined) return undefined;
    if (this.#guard.isHttp(line)) return { do: 'answer', bytes: httpRefusal, isBad: true, isLast: true };
    try {
      return this.#stepFor(parseTextCommand(textOf(line), this.#speaker.currentRoom));
    } catch (thrown) {
      const text = formatText(errorMessageOf(toParleyError(thrown)));
      return { do: 'answer', bytes: Buffer.from(text), isBad: true };
    }
  }

  encode(message: ServerMessage): Buffer | undefined {
    const text = formatText(message, this.#speaker.name);
    return text === '' ? undefined : Buffer.from(text);
  }

  /** Who does not log in may stay: HELLO, PING, HELP, QUIT and echo cost nothing. */
  farewellWithoutLogin(): undefined {
    return undefined;
  }

  #stepFor(command: TextCommand): Step {
    switch (command.kind) {
      case 'hello':
        return answer(helloAnswer);
      case 'ping':
        return answer(formatPong(command.text));
      case 'help':
        return answer(helpAnswer);
      case 'echo':
        return answer(formatEcho(command.line));
      case 'quit':
        return { do: 'answer', bytes: Buffer.from(byeAnswer), isLast: true };
      case 'rooms':
        this.#checkLogin();
        return { do: 'ask', question: { type: 'rooms' }, reply: (given) => this.#reply(given) };
      case 'message':
        return this.#stepForMessage(command.message);
    }
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
    return Buffer.from(given.type === 'rooms' ? formatRooms(given.rooms) : formatText(given, this.#speaker.name));
  }
}

function answer(text: string): Step {
  return { do: 'answer', bytes: Buffer.from(text) };
}

function textOf(line: Line): string {
  if ('text' in line) return line.text;
  if ('tooLong' in line) throw new ParleyError('TOO_LARGE', 'The line is too long; the rest of it is skipped.');
  throw new ParleyError('BAD_MESSAGE', 'The line is not UTF-8.');
}
