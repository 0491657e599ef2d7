import type { Message } from '@parley/common/contracts/chat/message';
import { parseServerMessage, type ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Content } from '../content.ts';
import type { Answer, Told } from '../told.ts';

/** What a chat message in JSON tells; undefined: nothing that matters here. */
export function toldOfJson(text: string): Told | undefined {
  const message = parseServerMessage(JSON.parse(text));
  return message && toldOf(message);
}

function toldOf(message: ServerMessage): Told | undefined {
  switch (message.type) {
    case 'message':
      return { is: 'entry', room: message.room, of: undefined, ...shownIn(message) };
    case 'changed': {
      const { room, seq, of, text } = message;
      return { is: 'entry', room, seq, of, from: undefined, shown: text === null ? { deleted: true } : { text } };
    }
    case 'gap':
      return { is: 'gap', room: message.room, from: message.from, to: message.to };
    case 'reset':
      return { is: 'reset', room: message.room, epoch: message.epoch };
    case 'ticket':
      return { is: 'ticket', ticket: message.ticket };
    case 'drain':
      return { is: 'drain', reconnectAfterMs: message.reconnectAfterMs, ticket: message.ticket };
    case 'ping':
      return { is: 'ping' };
    case 'left':
      if (message.re === undefined) return { is: 'removed', room: message.room, reason: message.reason ?? '' };
  }
  const answer = answerIn(message);
  return answer && 're' in message && typeof message.re === 'number'
    ? { is: 'answer', id: message.re, answer }
    : undefined;
}

function answerIn(message: ServerMessage): Answer | undefined {
  switch (message.type) {
    case 'auth_success':
      return { is: 'welcome', user: message.user.id, ticket: message.ticket };
    case 'auth_failed':
    case 'error':
      return { is: 'error', code: message.code };
    case 'joined':
      return {
        is: 'joined',
        epoch: message.epoch,
        head: message.head,
        next: message.next,
        recovered: message.recovered,
      };
    case 'left':
      return { is: 'left' };
    case 'posted':
      return { is: 'posted', epoch: message.epoch, seq: message.seq, duplicate: message.duplicate };
    case 'members':
      return { is: 'members', users: message.members.map(({ id }) => id) };
    case 'history':
      return { is: 'history', epoch: message.epoch, messages: message.messages.map(shownIn) };
  }
  return undefined;
}

export function shownIn(message: Message): { seq: number; from: string; shown: Content } {
  const { seq, from, text, data, deleted } = message;
  const shown: Content = deleted ? { deleted } : text === undefined ? { data } : { text };
  return { seq, from: from.id, shown };
}
