import type { ServerMessage } from '../contracts/chat/server-message.ts';
import type { LogEntry } from '../contracts/log-entry.ts';
import { formatPosition } from '../contracts/position.ts';
import { dataText, escapeText } from './text-escape.ts';

/** Answers of the text subprotocol that no chat message stands behind. Each ends with its line end. */
export const helloAnswer = 'WORLD\n';
export const byeAnswer = 'BYE\n';
const listEnd = 'END\n';

export const helpAnswer = [
  'HELLO, PING [x], HELP, QUIT',
  'NAME <guest name>, AUTH <token>, RESUME <ticket>',
  'JOIN <room> [<epoch>:<seq>|start], LEAVE [room], ROOMS',
  'MSG <text>, POST <room> <text>',
  'WHO [room], HISTORY [room] [n]',
  'In a room every line is posted, unless its first word is one of these in capitals or after a slash; // posts a slash.',
]
  .map((line) => `HELP ${line}\n`)
  .concat(listEnd)
  .join('');

/** Answer to `PING x`: x as it came. */
export function formatPong(text: string): string {
  return text === '' ? 'PONG\n' : `PONG ${text}\n`;
}

/** Answer to a line that is no command while no room is current: the line as it came. */
export function formatEcho(line: string): string {
  return `ECHO: ${line}\n`;
}

/** Answer to `ROOMS`: rooms with the count of their users. */
export function formatRooms(rooms: readonly { room: string; members: number }[]): string {
  return rooms.map(({ room, members }) => `ROOM ${room} ${members}\n`).join('') + listEnd;
}

/** The line for an entry of a room's log: what a `message` or `changed` says, without building one first. */
export function formatEntry(room: string, entry: LogEntry): string {
  const { seq, of, text } = entry;
  return of === undefined ? `MESSAGE ${room} ${messageTail(entry)}` : formatChanged({ room, seq, of, text });
}

/**
 * The line or lines for a message of the server, each with its `\n`; '' for what the text subprotocol does not tell
 * (tickets before a drain, heartbeats, who is typing or has seen what, the bare counts of a large room's presence).
 * `name` is the reader's own, for the answer to a second AUTH.
 */
export function formatText(message: ServerMessage, name = ''): string {
  switch (message.type) {
    case 'message':
      return `MESSAGE ${message.room} ${messageTail(message)}`;
    case 'posted':
      return `POSTED ${message.room} ${formatPosition(message)}\n`;
    case 'auth_success':
      return `AUTH_SUCCESS ${message.user.name}\n`;
    case 'refreshed':
      return `AUTH_SUCCESS ${name}\n`;
    case 'auth_failed':
      return `AUTH_FAILED ${escapeText(message.message)}\n`;
    case 'joined':
      return `JOINED ${message.room} ${message.epoch}:${message.head} ${message.members}\n`;
    case 'left':
      return message.reason === undefined
        ? `LEFT ${message.room}\n`
        : `LEFT ${message.room} ${escapeText(message.reason)}\n`;
    case 'history':
      return message.messages.map((past) => `PAST ${past.room} ${messageTail(past)}`).join('') + listEnd;
    case 'members':
      return message.members.map((member) => `MEMBER ${message.room} ${member.name}\n`).join('') + listEnd;
    case 'error':
      return `ERROR ${message.code} ${escapeText(message.message)}\n`;
    default:
      return formatPush(message);
  }
}

type Push = Extract<
  ServerMessage,
  { type: 'changed' | 'presence' | 'gap' | 'reset' | 'drain' | 'ticket' | 'ping' | 'pong' | 'typing' | 'seen' }
>;

function formatPush(push: Push): string {
  switch (push.type) {
    case 'changed':
      return formatChanged(push);
    case 'presence':
      if (push.event === undefined || push.user === undefined) return '';
      return `PRESENCE ${push.room} ${push.event} ${push.user.name}\n`;
    case 'gap':
      return `GAP ${push.room} ${push.from} ${push.to}\n`;
    case 'reset':
      return `RESET ${push.room} ${push.epoch}:${push.head}\n`;
    case 'drain':
      if (push.ticket === undefined) return `DRAIN ${push.reconnectAfterMs}\n`;
      return `TICKET ${push.ticket}\nDRAIN ${push.reconnectAfterMs} ${push.ticket}\n`;
    case 'ticket':
    case 'ping':
    case 'pong':
    case 'typing':
    case 'seen':
      return '';
  }
}

/** Ends with the number of the message when that was deleted. */
function formatChanged({
  room,
  seq,
  of,
  text,
}: Pick<LogEntry, 'seq' | 'of'> & { room: string; text?: string | null | undefined }): string {
  return `CHANGED ${room} ${seq} ${of}${text === null || text === undefined ? '' : ` ${escapeText(text)}`}\n`;
}

/** Ends with the sender's name when the message was deleted. */
function messageTail({
  seq,
  from,
  text,
  data,
  deleted,
}: Pick<LogEntry, 'seq' | 'from' | 'text' | 'data' | 'deleted'>): string {
  return `${seq} ${from.name}${deleted ? '' : ` ${text === undefined ? dataText(data) : escapeText(text)}`}\n`;
}
