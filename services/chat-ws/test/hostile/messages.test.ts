import { encodePost } from '@parley/common/wire/binary';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { frame, opcodes } from './frame.ts';
import { judge } from './judge.ts';
import { openWay, type Way, ways } from './paths.ts';
import { patience, type RawSocket } from './raw-socket.ts';
import { startTarget, type Target } from './target.ts';
import { Witness } from './witness.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.close());

const [json, text, binary] = ways as [Way, Way, Way];

async function enter(way: Way, ...messages: readonly string[]): Promise<RawSocket> {
  const raw = await openWay(target, way);
  raw.write(frame({ payload: way === text ? 'NAME mallory' : '{"type":"auth","guest":"mallory"}' }));
  for (const message of messages) raw.write(frame({ payload: message }));
  return raw;
}

async function beside(name: string, attack: () => Promise<void>): Promise<void> {
  const witness = await Witness.join(target, `beside-${name}`);
  await attack();
  await witness.check();
  target.checkCalm();
}

const said = (raw: RawSocket) => raw.messages.map(({ data }) => String(data)).join('\n');

/** What it is answered with, if it is not closed: the answer to a ping behind it comes last. */
async function outcome(way: Way, message: string): Promise<string> {
  const raw = await enter(way, message, way === text ? 'LEAVE none' : '{"type":"ping","id":"last"}');
  const last = way === text ? 'NOT_JOINED' : '"last"';
  await vi.waitFor(() => expect(raw.isClosed || said(raw).includes(last)).toBe(true), patience);
  judge(raw, way.format);
  raw.destroy();
  return said(raw);
}

const deep = 20_000;
const post = (data: string) => `{"type":"post","id":1,"room":"wild","data":${data}}`;

test.each([
  ['JSON that is nested deeply', `${'['.repeat(deep)}${']'.repeat(deep)}`, 'BAD_MESSAGE'],
  ['data that is nested deeply', post(`${'['.repeat(deep)}${']'.repeat(deep)}`), 'BAD_MESSAGE'],
  ['objects that are nested deeply', `${'{"type":'.repeat(5_000)}1${'}'.repeat(5_000)}`, 'BAD_MESSAGE'],
  ['a number beyond all', '{"type":"ping","id":1e999}', 'BAD_MESSAGE'],
  ['a position beyond all', '{"type":"seen","room":"wild","seq":9007199254740993}', 'BAD_MESSAGE'],
  ['a page beyond all', '{"type":"members","room":"wild","page":1e300}', 'BAD_MESSAGE'],
  ['a type of an object', '{"type":{"toString":1}}', 'BAD_MESSAGE'],
  ['the type constructor', '{"type":"constructor"}', 'UNKNOWN_TYPE'],
  ['the type __proto__', '{"type":"__proto__"}', 'UNKNOWN_TYPE'],
  ['a type within __proto__', '{"__proto__":{"type":"ping"}}', 'BAD_MESSAGE'],
  ['data with a __proto__', post('{"__proto__":{"admin":true},"constructor":null}'), 'NOT_FOUND'],
  ['the same key twice', '{"type":"ping","type":"nonsense"}', 'UNKNOWN_TYPE'],
  ['a lone surrogate', '{"type":"post","room":"wild","text":"\\ud800"}', 'BAD_MESSAGE'],
  ['U+0000', '{"type":"post","room":"wild","text":"a\\u0000b"}', 'BAD_MESSAGE'],
  ['a key with U+0000', '{"type":"post","room":"wild","text":"x","key":"\\u0000"}', 'BAD_MESSAGE'],
  ['a long id', `{"type":"ping","id":"${'x'.repeat(10_000)}"}`, 'BAD_MESSAGE'],
  ['a long key', `{"type":"post","room":"wild","text":"x","key":"${'k'.repeat(10_000)}"}`, 'BAD_MESSAGE'],
  ['a long room', `{"type":"join","room":"${'r'.repeat(10_000)}"}`, 'BAD_MESSAGE'],
  ['a room of another kind', '{"type":"join","room":"../../etc"}', 'BAD_MESSAGE'],
  ['a token that is none', `{"type":"auth","token":"${'a.'.repeat(2_000)}"}`, 'auth|error|UNAUTHENTICATED'],
  ['a ticket that is none', '{"type":"auth","ticket":"a.b.c"}', 'UNAUTHENTICATED'],
  ['a ticket of many parts', `{"type":"auth","ticket":"${'.'.repeat(4_000)}"}`, 'UNAUTHENTICATED'],
  ['an array of commands', '[{"type":"ping"}]', 'BAD_MESSAGE'],
  ['null', 'null', 'BAD_MESSAGE'],
  ['nothing', '', 'BAD_MESSAGE'],
])('%s', async (what, message, expected) => {
  await beside(what.replace(/[^a-z]+/gi, '-').toLowerCase(), async () => {
    for (const way of [json, binary]) expect(await outcome(way, message)).toMatch(new RegExp(expected));
  });
});

test('lines with control characters and escapes of terminals', async () => {
  await beside('lines', async () => {
    const wild = [
      '\x1b[2J\x1b]0;owned\x07',
      '\u009b31m',
      'a\0b',
      '\x7f',
      '\u2028',
      '/\x1b',
      'JOIN \x1b[2J',
      '\t',
      '\r\r',
    ];
    for (const line of wild) await outcome(text, line);
    const reader = await enter(text, 'JOIN terminals');
    const writer = await enter(json);
    const payload = JSON.stringify({ type: 'post', room: 'terminals', text: '\x1b[2J\x07\u009b\r\nMESSAGE forged' });
    await vi.waitFor(() => expect(said(reader)).toContain('JOINED'), patience);
    writer.write(frame({ payload }));
    await vi.waitFor(() => expect(said(reader)).toContain('\\x1b[2J\\x07\\x9b\\r\\nMESSAGE forged'), patience);
    expect(said(reader)).not.toMatch(/^MESSAGE forged/m);
    judge(reader, 'text');
    for (const raw of [reader, writer]) raw.destroy();
  });
});

test('binary messages, cut off at each byte', async () => {
  await beside('binary', async () => {
    const whole = encodePost({ id: 7, key: 'key', room: 'wild', content: Buffer.of(1) });
    for (let cut = 0; cut < whole.length; cut++) {
      const raw = await enter(binary);
      raw.write(frame({ opcode: opcodes.binary, payload: whole.subarray(0, cut) }));
      raw.write(frame({ payload: '{"type":"ping","id":"last"}' }));
      await vi.waitFor(() => expect(said(raw)).toContain('"last"'), patience);
      expect(said(raw)).toMatch(cut < whole.length - 1 ? /BAD_MESSAGE|UNKNOWN_TYPE/ : /NOT_FOUND/);
      judge(raw, 'binary');
      raw.destroy();
    }
  });
});

const flood = (message: (n: number) => object) =>
  Buffer.concat(Array.from({ length: 3_000 }, (_, n) => frame({ payload: JSON.stringify(message(n)) })));

test.each([
  ['unknown-types', 4400, (n: number) => ({ type: `t${n}` })],
  ['posts', 4429, (n: number) => ({ type: 'post', room: 'flood', text: `${n}` })],
  ['posts-to-nowhere', 4429, (n: number) => ({ type: 'post', room: `nowhere-${n}`, text: 'x' })],
  ['edits', 4429, (n: number) => ({ type: 'edit', room: 'flood', seq: n + 1, text: 'x' })],
  ['deletes', 4429, (n: number) => ({ type: 'delete', room: 'flood', seq: n + 1 })],
  ['joins-and-leaves', 4429, (n: number) => ({ type: n % 2 ? 'leave' : 'join', room: 'flood' })],
  ['histories', 4429, () => ({ type: 'history', room: 'flood' })],
  ['members', 4429, () => ({ type: 'members', room: 'flood' })],
  ['typing', 4429, () => ({ type: 'typing', room: 'flood' })],
  ['pings', 4429, () => ({ type: 'ping' })],
  ['guests', 4429, (n: number) => ({ type: 'auth', guest: `${n}` })],
  ['seen', 4429, () => ({ type: 'seen', room: 'flood', seq: 1 })],
  // Bad messages: twenty of them come before a hundred refusals of the rate.
  ['seen-beyond-the-head', 4400, (n: number) => ({ type: 'seen', room: 'flood', seq: 1_000_000 + n })],
  ['refreshes', 4400, () => ({ type: 'refresh', token: 'x' })],
])('a flood of %s that ignores every refusal is closed with %i', async (name, code, message) => {
  await beside(`flood-${name}`, async () => {
    const raw = await enter(json, '{"type":"join","room":"flood"}', '{"type":"post","room":"flood","text":"first"}');
    await vi.waitFor(() => expect(said(raw)).toContain('"posted"'), patience);
    const bytes = flood(message);
    for (let round = 0; round < 10 && raw.closeCode === undefined; round++) {
      raw.write(bytes);
      await vi.waitFor(() => expect(raw.socket.destroyed || raw.socket.writableLength === 0).toBe(true), patience);
    }
    await vi.waitFor(() => expect(raw.closeCode).toBeDefined(), patience);
    raw.destroy();
    judge(raw, 'json');
    expect(raw.closeCode).toBe(code);
  });
});
