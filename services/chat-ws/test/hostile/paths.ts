import { encodePost } from '@parley/common/wire/binary';
import type { ClientFormat } from '../../src/formats/client-format.ts';
import { frame, opcodes } from './frame.ts';
import { RawSocket } from './raw-socket.ts';
import type { Target } from './target.ts';

/** A way to speak with the service over a WebSocket. `valid`: frames that are all right there. */
export type Way = { name: string; path: string; format: ClientFormat | 'link' | 'none'; valid: readonly Buffer[] };

const text = (message: object | string) =>
  frame({ payload: typeof message === 'string' ? message : JSON.stringify(message) });

const session = [
  { type: 'auth', id: 1, guest: 'mallory' },
  { type: 'join', id: 2, room: 'mutants', after: 'start' },
  { type: 'post', id: 3, room: 'mutants', text: 'zoë', key: 'k' },
  { type: 'history', id: 4, room: 'mutants', limit: 3 },
  { type: 'members', id: 5, room: 'mutants' },
  { type: 'typing', room: 'mutants' },
  { type: 'seen', room: 'mutants', seq: 1 },
  { type: 'leave', id: 6, room: 'mutants' },
  { type: 'ping', id: 7 },
];

const lines = [
  'HELLO',
  'NAME mallory',
  'JOIN mutants start',
  'zoë',
  'POST mutants x',
  'HISTORY mutants 3',
  'WHO',
  'ROOMS',
  'LEAVE',
  'PING x',
];

const binaryPost = frame({
  opcode: opcodes.binary,
  payload: encodePost({ id: 8, key: 'b', room: 'mutants', content: Buffer.of(0, 255, 1) }),
});

export const ways: readonly Way[] = [
  { name: 'json', path: '/ws', format: 'json', valid: session.map(text) },
  { name: 'text', path: '/ws', format: 'text', valid: lines.map(text) },
  { name: 'binary', path: '/ws', format: 'binary', valid: [...session.map(text), binaryPost] },
  {
    name: 'echo',
    path: '/echo',
    format: 'none',
    valid: [text('echo'), frame({ opcode: opcodes.binary, payload: Buffer.of(0, 255) })],
  },
  {
    name: 'broadcast',
    path: '/broadcast',
    format: 'none',
    valid: [text('to all'), frame({ opcode: opcodes.ping, payload: 'x' })],
  },
  {
    name: 'link',
    path: '/internal/link',
    format: 'link',
    valid: [
      text({ t: 'open', s: 1, address: '192.0.2.1' }),
      ...session.map((m) => text({ t: 'in', s: 1, m })),
      text({ t: 'watch', room: 'mutants' }),
      text({ t: 'read', n: 1, room: 'mutants', from: 1, limit: 10 }),
      text({ t: 'rooms', n: 2, s: 1 }),
      text({ t: 'unwatch', room: 'mutants' }),
      text({ t: 'end', s: 1 }),
    ],
  },
];

/** A connection that is ready for frames, by one of the ways. */
export async function openWay(target: Target, way: Way, options: { isDeflating?: boolean } = {}): Promise<RawSocket> {
  const { format, path } = way;
  if (format === 'link') return RawSocket.open(target, path, { ...options, token: await target.linkToken() });
  return RawSocket.open(target, path, format === 'none' ? options : { ...options, protocol: `parley.${format}.v1` });
}
