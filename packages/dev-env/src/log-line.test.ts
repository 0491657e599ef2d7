import { expect, test } from 'vitest';
import { formatLogLine } from './log-line.ts';

const style = { nameWidth: 7, colours: false, index: 0 };
const time = Date.parse('2026-01-02T03:04:05.678');
const line = (entry: object) => JSON.stringify({ level: 30, time, pid: 1, hostname: 'h', name: 'chat-ws', ...entry });
const textOf = (entry: object) => formatLogLine('chat-ws', line(entry), style)?.text;

test('a log line becomes time, name, message and its own fields', () => {
  expect(textOf({ msg: 'joined', room: 'lobby', members: 2 })).toBe('03:04:05  chat-ws  joined  room=lobby members=2');
});

test('levels other than info are named, only errors are urgent', () => {
  expect(formatLogLine('chat-ws', line({ level: 40, msg: 'slow' }), style)).toEqual({
    text: '03:04:05  chat-ws  WARN  slow',
    isUrgent: false,
  });
  expect(formatLogLine('chat-ws', line({ level: 50, msg: 'broken' }), style)).toMatchObject({ isUrgent: true });
});

test('of an error the message is shown, from level error on its stack as well', () => {
  const err = { message: 'no', stack: 'Error: no\n    at here' };
  expect(textOf({ level: 40, msg: 'failed', err })).toBe('03:04:05  chat-ws  WARN  failed\n    no');
  expect(textOf({ level: 50, msg: 'failed', err })).toMatch(/\n {4}Error: no\n {8}at here$/);
});

test('coming and going is not shown, unless something is wrong with it', () => {
  expect(textOf({ msg: 'ready' })).toBeUndefined();
  expect(textOf({ msg: 'registered' })).toBeUndefined();
  expect(textOf({ level: 40, msg: 'registered' })).toBeDefined();
});

test('a line that is no log line is shown as it is, at once', () => {
  const shown = { text: 'chat-ws  chat-ws cannot start: {"no": 1}', isUrgent: true };
  expect(formatLogLine('chat-ws', 'chat-ws cannot start: {"no": 1}', style)).toEqual(shown);
  expect(formatLogLine('chat-ws', '{not JSON', style)?.text).toBe('chat-ws  {not JSON');
});

test('colours are for terminals', () => {
  expect(formatLogLine('chat-ws', 'x', { ...style, colours: true })?.text).toContain('\x1b[36mchat-ws\x1b[39m');
});
