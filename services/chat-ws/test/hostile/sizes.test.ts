import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { frame, opcodes } from './frame.ts';
import { judge } from './judge.ts';
import { deflated, packed } from './malformed.ts';
import { openWay, type Way, ways } from './paths.ts';
import { patience, type RawSocket } from './raw-socket.ts';
import { times } from './seed.ts';
import { startTarget, type Target } from './target.ts';
import { Witness } from './witness.ts';

const mb = 1 << 20;

let target: Target;
let witness: Witness;
let before: number;

beforeAll(async () => {
  target = await startTarget({ CHAT_WS_DEFLATE: 'on', CHAT_WS_POSTS: '100000', CHAT_WS_BAD_MESSAGES: '1000000' });
  await fill('full');
});
afterAll(() => target.close());

/** In all of these, somebody else goes on talking, and nothing of the attack stays. */
beforeEach(async ({ task }) => {
  witness = await Witness.join(target, `witness-${task.id.replace(/[^a-z0-9]+/gi, '-')}`);
  await witness.check();
  before = await target.memory();
});

const grown = async () => ((await target.memory()) - before) / mb;

/** So many connections; `work` is done with each. */
async function crowd(
  way: Way,
  count: number,
  work: (raw: RawSocket) => void,
  isDeflating = false,
): Promise<RawSocket[]> {
  const all = await Promise.all(Array.from({ length: count }, () => openWay(target, way, { isDeflating })));
  for (const raw of all) work(raw);
  return all;
}

async function over(attackers: readonly RawSocket[], way: Way): Promise<void> {
  await witness.check();
  for (const raw of attackers) {
    judge(raw, way.format);
    raw.destroy();
  }
  await vi.waitFor(async () => expect(await grown()).toBeLessThan(8), { timeout: 15_000, interval: 200 });
  target.checkCalm();
}

const [json, text, , echo] = ways as [Way, Way, Way, Way];
const fin = frame({ opcode: opcodes.continuation });
const nothing = frame({ opcode: opcodes.continuation, fin: false });

test('a message of a thousand pieces is a message; one of tens of thousands of them is not waited for', async () => {
  const ping = Buffer.from(`{"type":"ping","id":1${' '.repeat(1_000)}}`);
  const pieces = [...ping].map((byte, at) => frame({ fin: false, opcode: at === 0 ? 1 : 0, payload: Buffer.of(byte) }));
  const [raw] = (await crowd(json, 1, () => {})) as [RawSocket];
  raw.write(Buffer.concat([...pieces, fin]));
  await vi.waitFor(() => expect(raw.messages).toHaveLength(1), patience);
  const one = frame({ fin: false, opcode: opcodes.continuation, payload: 'x' });
  for (const [way, piece] of [
    [json, nothing],
    [echo, one],
  ] as const) {
    const begin = frame({ fin: false, payload: 'x' });
    const attackers = await crowd(way, 10, (attacker) =>
      attacker.write(Buffer.concat([begin, ...Array.from({ length: 6_000 }, () => piece)])),
    );
    await Promise.all(attackers.map((attacker) => attacker.closed()));
    expect(new Set(attackers.map(({ closeCode }) => closeCode))).toEqual(new Set([1008]));
    await over(attackers, way);
  }
  raw.destroy();
});

// Under load the kernel joins bytes before they are read, and few pieces come: only for long runs, on a machine that does nothing else.
test.runIf(times > 1)('a frame that comes byte by byte is not waited for', async () => {
  const attackers = await crowd(json, 2, (raw) => raw.socket.setNoDelay(true));
  for (const raw of attackers) raw.write(frame({ length: 100_000n }));
  const isOver = () => attackers.every(({ isClosed }) => isClosed);
  for (let sent = 0; !isOver() && sent < 60_000; sent++) {
    for (const raw of attackers) raw.write('x');
    await new Promise((next) => setImmediate(next));
  }
  await Promise.all(attackers.map((raw) => raw.closed()));
  await over(attackers, json);
});

test('what is announced and never sent takes no memory; what is sent takes as much as it is', async () => {
  const announced = frame({ length: 131_072n });
  for (const way of [json, text, echo]) {
    const length = way === echo ? 65_536n : 131_072n;
    const attackers = await crowd(way, 150, (raw) => raw.write(way === echo ? frame({ length }) : announced));
    await witness.check();
    expect(await grown()).toBeLessThan(150 * 0.03);
    for (const raw of attackers) raw.write(Buffer.alloc(30_000, 'x'));
    await witness.check();
    expect(await grown()).toBeLessThan(150 * 0.1);
    await over(attackers, way);
  }
});

test('bombs, one after the other', async () => {
  const bomb = packed(deflated(Buffer.alloc(32 * mb)));
  for (const way of [json, text]) {
    const attackers = await crowd(way, 20, (raw) => raw.write(bomb), true);
    await Promise.all(attackers.map((raw) => raw.closed()));
    expect(new Set(attackers.map(({ closeCode }) => closeCode))).toEqual(new Set([1009]));
    await over(attackers, way);
  }
});

test('few compressed bytes that become many messages, behind answers that are not read', async () => {
  const line = packed(deflated(Buffer.from(`PING ${'x'.repeat(8_000)}\n`.repeat(8))));
  const ping = packed(deflated(Buffer.from(`{"type":"ping","more":"${'x'.repeat(60_000)}"}`)));
  for (const [way, message] of [
    [text, line],
    [json, ping],
  ] as const) {
    const histories =
      way === text
        ? [`NAME mallory\n${'HISTORY full 100\n'.repeat(5)}`]
        : ['{"type":"auth","guest":"mallory"}', ...Array(5).fill('{"type":"history","room":"full","limit":100}')];
    const attackers = await crowd(way, 3, (raw) => raw.socket.pause(), true);
    for (const raw of attackers) {
      for (const payload of histories) raw.write(frame({ payload }));
      raw.write(Buffer.concat(Array.from({ length: 500 }, () => message)));
    }
    for (let round = 0; round < 3; round++) {
      await witness.check();
      expect(await grown()).toBeLessThan(3 * 12);
    }
    await over(attackers, way);
  }
});

test.each([
  ['echoes', echo, frame({ payload: 'x'.repeat(60_000) })],
  [
    'pings',
    json,
    Buffer.concat(Array.from({ length: 500 }, () => frame({ opcode: opcodes.ping, payload: 'x'.repeat(125) }))),
  ],
  [
    'pings of /echo',
    echo,
    Buffer.concat(Array.from({ length: 500 }, () => frame({ opcode: opcodes.ping, payload: 'x'.repeat(125) }))),
  ],
  ['lines', text, frame({ payload: `PING ${'x'.repeat(8_000)}\n`.repeat(8) })],
  ['members', json, frame({ payload: '{"type":"members","room":"full"}' })],
  ['histories', json, frame({ payload: '{"type":"history","room":"full","limit":100}' })],
  ['joins', json, frame({ payload: '{"type":"join","room":"full","after":"start"}' })],
])('answers that nobody reads: %s', async (_what, way, message) => {
  const login = frame({ payload: way === text ? 'NAME mallory' : '{"type":"auth","guest":"mallory"}' });
  const attackers = await crowd(way, 4, (raw) => {
    if (way !== echo) raw.write(login);
  });
  for (const raw of attackers) {
    raw.socket.pause();
    // More than the two systems keep for a connection.
    for (let sent = 0; sent < 20 * mb; sent += Math.max(message.length, 20_000)) raw.write(message);
  }
  for (let round = 0; round < 3; round++) {
    await witness.check();
    expect(await grown()).toBeLessThan(4 * 6);
  }
  await over(attackers, way);
});

/** A room with 4 MB of messages. */
async function fill(room: string): Promise<void> {
  const raw = await openWay(target, json);
  raw.write(frame({ payload: '{"type":"auth","guest":"author"}' }));
  raw.write(frame({ payload: `{"type":"join","room":"${room}"}` }));
  const post = JSON.stringify({ type: 'post', room, text: 'x'.repeat(40_000) });
  for (let n = 0; n < 100; n++) raw.write(frame({ payload: post }));
  const posted = () => raw.messages.filter(({ data }) => data.includes('"posted"')).length;
  await vi.waitFor(() => expect(posted()).toBe(100), patience);
  raw.destroy();
}
