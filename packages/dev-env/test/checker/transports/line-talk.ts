import { errorCodes } from '@parley/common/contracts/error-code';
import { formatPosition, readPosition } from '@parley/common/contracts/position';
import type { Shown } from '../content.ts';
import type { Answer, Request, Told } from '../told.ts';

type Past = Extract<Answer, { is: 'history' }>['messages'][number];

/** One connection's talk in lines: answers come in the order of the commands. */
export class LineTalk {
  readonly #open: Request[] = [];
  #past: Past[] = [];

  /** The command for a request; undefined: there is none for this. */
  ask(request: Request): string | undefined {
    const line = lineFor(request);
    if (line !== undefined) this.#open.push(request);
    return line;
  }

  hear(line: string): Told | undefined {
    const [word = '', ...words] = line.split(' ');
    const [room = '', second = '', third = ''] = words;
    switch (word) {
      case 'MESSAGE':
        return {
          is: 'entry',
          room,
          seq: Number(second),
          of: undefined,
          from: undefined,
          shown: shownIn(words.slice(3)),
        };
      case 'CHANGED':
        return {
          is: 'entry',
          room,
          seq: Number(second),
          of: Number(third),
          from: undefined,
          shown: shownIn(words.slice(3)),
        };
      case 'GAP':
        return { is: 'gap', room, from: Number(second), to: Number(third) };
      case 'RESET':
        return { is: 'reset', room, epoch: second.slice(0, second.lastIndexOf(':')) };
      case 'TICKET':
        return { is: 'ticket', ticket: room };
      case 'DRAIN':
        return { is: 'drain', reconnectAfterMs: Number(room), ticket: second === '' ? undefined : second };
      case 'PAST':
        this.#past.push({ seq: Number(second), from: undefined, shown: shownIn(words.slice(3)) });
        return undefined;
      case 'LEFT':
        if (second !== '') return { is: 'removed', room, reason: words.slice(1).join(' ') };
    }
    const answer = this.#answer(word, second, room);
    const id = answer && this.#open.shift()?.id;
    return answer && id !== undefined ? { is: 'answer', id, answer } : undefined;
  }

  #answer(word: string, place: string, first: string): Answer | undefined {
    const position = readPosition(place);
    switch (word) {
      case 'AUTH_SUCCESS':
        return { is: 'welcome', user: undefined, ticket: undefined };
      case 'AUTH_FAILED':
        return { is: 'error', code: 'UNAUTHENTICATED' };
      case 'JOINED':
        return (
          position && { is: 'joined', epoch: position.epoch, head: position.seq, next: undefined, recovered: undefined }
        );
      case 'POSTED':
        return position && { is: 'posted', ...position, duplicate: false };
      case 'LEFT':
        return { is: 'left' };
      case 'END':
        return { is: 'history', epoch: undefined, messages: this.#past.splice(0) };
      case 'ERROR': {
        const code = errorCodes.find((known) => known === first);
        return code && { is: 'error', code };
      }
    }
    return undefined;
  }
}

function lineFor(request: Request): string | undefined {
  switch (request.type) {
    case 'auth':
      if (request.ticket !== undefined) return `RESUME ${request.ticket}`;
      return request.token === undefined ? `NAME ${request.guest}` : `AUTH ${request.token}`;
    case 'join': {
      const { room, after } = request;
      if (after === undefined) return `JOIN ${room}`;
      return `JOIN ${room} ${after === 'start' ? after : formatPosition(after)}`;
    }
    case 'leave':
      return `LEAVE ${request.room}`;
    case 'post':
      return `POST ${request.room} ${request.text}`;
    case 'history':
      return `HISTORY ${request.room} ${request.limit ?? 50}`;
    default:
      return undefined;
  }
}

/** What stands behind the name or the number; nothing: it was deleted. */
function shownIn(words: string[]): Shown {
  return words.length === 0 ? { deleted: true } : { line: words.join(' ') };
}
