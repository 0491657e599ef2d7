import { maxTicketBytes } from '../contracts/chat/auth.ts';
import { type ClientMessage, parseClientMessage } from '../contracts/chat/client-message.ts';
import { readPosition } from '../contracts/position.ts';
import { ParleyError } from '../runtime/errors.ts';

/** The one line that may be longer: it carries a ticket. For `LineDecoder`'s `exception`. */
export const resumeLine = { word: 'RESUME', maxBytes: 'RESUME '.length + maxTicketBytes } as const;

/**
 * What one line asks for. `message`: to be handled as that chat message; everything else is answered by whoever reads lines
 * (`text-answers.ts`). A `post` is the only message that a line can be without saying so.
 */
export type TextCommand =
  | { kind: 'message'; message: ClientMessage }
  | { kind: 'hello' }
  | { kind: 'ping'; text: string }
  | { kind: 'rooms' }
  | { kind: 'help' }
  | { kind: 'quit' }
  | { kind: 'echo'; line: string };

type CommandParser = (rest: string, currentRoom: string | undefined) => TextCommand;

const commands: Record<string, CommandParser> = {
  HELLO: () => ({ kind: 'hello' }),
  PING: (rest) => ({ kind: 'ping', text: rest }),
  AUTH: (rest) => message({ type: 'auth', token: oneWord('AUTH <token>', rest) }),
  NAME: (rest) => message({ type: 'auth', guest: someText('NAME <name>', rest.trim()) }),
  RESUME: (rest) => message({ type: 'auth', ticket: oneWord('RESUME <ticket>', rest) }),
  JOIN: parseJoin,
  LEAVE: (rest, current) => message({ type: 'leave', room: roomOr(current, optionalWord('LEAVE [room]', rest)) }),
  MSG: (rest, current) => postTo(roomOr(current, undefined), someText('MSG <text>', rest)),
  POST: parsePost,
  WHO: (rest, current) => message({ type: 'members', room: roomOr(current, optionalWord('WHO [room]', rest)) }),
  HISTORY: parseHistory,
  ROOMS: () => ({ kind: 'rooms' }),
  HELP: () => ({ kind: 'help' }),
  QUIT: () => ({ kind: 'quit' }),
};

/**
 * Reads one line. `currentRoom`: the room joined last and not left, undefined when there is none.
 *
 * With no current room, command words count in any case and anything else is echoed. In a room only a first word in
 * capitals, or after a slash in any case, is a command; `//x` posts `/x`; every other line is posted as typed.
 * What comes in is never unescaped.
 *
 * Throws ParleyError: BAD_MESSAGE for wrong arguments, NOT_JOINED when a current room is needed, UNKNOWN_TYPE for a
 * slash command that does not exist (it is not posted: it may be a mistyped `/auth <token>`).
 */
export function parseTextCommand(line: string, currentRoom: string | undefined): TextCommand {
  const inRoom = currentRoom !== undefined;
  if (inRoom && line.startsWith('//')) return postTo(currentRoom, line.slice(1));
  const slash = line.startsWith('/');
  const { word, rest } = splitWord(slash ? line.slice(1) : line);
  const name = slash || !inRoom ? word.toUpperCase() : word;
  const parse = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (parse !== undefined) return parse(rest, currentRoom);
  if (!inRoom) return { kind: 'echo', line };
  if (slash)
    throw new ParleyError('UNKNOWN_TYPE', 'There is no such command; HELP lists them, // posts a leading slash.');
  return postTo(currentRoom, line);
}

/** Whether a line is an HTTP/1 request line: a browser, or what makes one type, has come to the wrong port. */
export function isHttpRequestLine(line: string): boolean {
  return /^\S+ \S+ HTTP\/1\.\d$/.test(line);
}

function parseJoin(rest: string): TextCommand {
  const usage = 'JOIN <room> [<epoch>:<seq>|start]';
  const [room, from, ...more] = words(rest);
  if (room === undefined || more.length > 0) throw misuse(usage);
  if (from === undefined) return message({ type: 'join', room });
  const after = from.toLowerCase() === 'start' ? 'start' : readPosition(from);
  if (after === undefined) throw misuse(usage);
  return message({ type: 'join', room, after });
}

function parsePost(rest: string): TextCommand {
  const { word, rest: text } = splitWord(rest);
  if (word === '') throw misuse('POST <room> <text>');
  return postTo(word, someText('POST <room> <text>', text));
}

/** A number alone is the count where a room is current, and a room's name where none is. */
function parseHistory(rest: string, current: string | undefined): TextCommand {
  const usage = 'HISTORY [room] [n]';
  const [first, second, ...more] = words(rest);
  if (more.length > 0) throw misuse(usage);
  const isCount = current !== undefined && second === undefined && first !== undefined && isNumber(first);
  const room = roomOr(current, isCount ? undefined : first);
  const count = isCount ? first : second;
  if (count === undefined) return message({ type: 'history', room });
  if (!isNumber(count)) throw misuse(usage);
  return message({ type: 'history', room, limit: Number(count) });
}

function postTo(room: string, text: string): TextCommand {
  return message({ type: 'post', room, text });
}

function message(value: ClientMessage): TextCommand {
  return { kind: 'message', message: parseClientMessage(value) };
}

function splitWord(line: string): { word: string; rest: string } {
  const space = line.indexOf(' ');
  return space === -1 ? { word: line, rest: '' } : { word: line.slice(0, space), rest: line.slice(space + 1) };
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

function oneWord(usage: string, rest: string): string {
  const [word, ...more] = words(rest);
  if (word === undefined || more.length > 0) throw misuse(usage);
  return word;
}

function optionalWord(usage: string, rest: string): string | undefined {
  return rest.trim() === '' ? undefined : oneWord(usage, rest);
}

function someText(usage: string, text: string): string {
  if (text === '') throw misuse(usage);
  return text;
}

function roomOr(current: string | undefined, named: string | undefined): string {
  const room = named ?? current;
  if (room === undefined) throw new ParleyError('NOT_JOINED', 'No room is current: JOIN one or name it.');
  return room;
}

function isNumber(text: string): boolean {
  return /^\d{1,9}$/.test(text);
}

function misuse(usage: string): ParleyError {
  return new ParleyError('BAD_MESSAGE', `Usage: ${usage}`);
}
