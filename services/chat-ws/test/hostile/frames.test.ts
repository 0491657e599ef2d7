import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { frame, opcodes } from './frame.ts';
import { judge } from './judge.ts';
import { type Malformed, malformed, malformedDeflate } from './malformed.ts';
import { openWay, type Way, ways } from './paths.ts';
import { patience, type RawSocket } from './raw-socket.ts';
import { chance, times } from './seed.ts';
import { startTarget, type Target, tlsSettings } from './target.ts';
import { Witness } from './witness.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-hostile-tls-'));
const targets: Record<string, Target> = {};

beforeAll(async () => {
  const calm = { CHAT_WS_BAD_MESSAGES: '1000000' };
  [targets.plain, targets.deflate, targets.tls] = await Promise.all([
    startTarget(calm),
    startTarget({ ...calm, CHAT_WS_DEFLATE: 'on' }),
    startTarget({ ...calm, ...tlsSettings(folder) }),
  ]);
});
afterAll(async () => {
  await Promise.all(Object.values(targets).map((target) => target.close()));
  rmSync(folder, { recursive: true });
});

const codes = 'parley_chat_closed_sessions_total';

/** There the message before it ends the link. */
const notOnLinks = 'a last continuation, then another';

/** Each sort of malformed bytes on a connection of its own: all are closed as they should be, and are counted. */
async function attack(
  target: Target,
  way: Way,
  { bad, isDeflating = false }: { bad: readonly Malformed[]; isDeflating?: boolean },
) {
  const counted = () => Promise.all([1002, 1007, 1009].map((code) => target.metric(codes, `code="${code}"`)));
  const before = await counted();
  const attacks = await Promise.all(
    bad.map(async ({ bytes }) => {
      const raw = await openWay(target, way, { isDeflating });
      raw.write(bytes);
      return raw;
    }),
  );
  await Promise.all(attacks.map((raw) => raw.closed()));
  const outcome = attacks.map((raw, at) => [bad[at]?.what, raw.closeCode]);
  expect(outcome).toEqual(bad.map(({ what, code }) => [what, code]));
  for (const raw of attacks) judge(raw, way.format);
  const more = (await counted()).map((count, at) => count - before[at]!);
  expect(more).toEqual([1002, 1007, 1009].map((code) => bad.filter((one) => one.code === code).length));
}

test.each(ways)(
  '$name: what is no frame is answered with its close code, counted, and disturbs nobody',
  async (way) => {
    const target = targets.plain!;
    const witness = await Witness.join(target, `beside-${way.name}`);
    await attack(target, way, { bad: malformed.filter(({ what }) => way.format !== 'link' || what !== notOnLinks) });
    await witness.check();
    target.checkCalm();
  },
);

test.each(ways.slice(0, 3))('$name, compressed: broken deflate and bombs as well', async (way) => {
  const target = targets.deflate!;
  const witness = await Witness.join(target, `beside-${way.name}`);
  await attack(target, way, { bad: [...malformed, ...malformedDeflate], isDeflating: true });
  await witness.check();
  target.checkCalm();
});

test.each([ways[0]!, ways[5]!])('$name over TLS', async (way) => {
  const target = targets.tls!;
  const witness = await Witness.join(target, `beside-${way.name}`);
  await attack(target, way, { bad: malformed.filter(({ what }) => way.format !== 'link' || what !== notOnLinks) });
  await witness.check();
  target.checkCalm();
});

test('lengths that are longer than they need be, and control frames between fragments, harm nobody', async () => {
  const raw = await openWay(targets.plain!, ways[0]!);
  const ping = Buffer.from('{"type":"ping","id":1}');
  for (const form of [7, 16, 64] as const) raw.write(frame({ form, payload: ping }));
  raw.write(frame({ fin: false, payload: ping.subarray(0, 5) }));
  raw.write(frame({ opcode: opcodes.ping, payload: 'still here' }));
  raw.write(frame({ opcode: opcodes.continuation, payload: ping.subarray(5) }));
  await vi.waitFor(() => expect([raw.messages.length, raw.pongs]).toEqual([4, 1]), patience);
  judge(raw, 'json');
  raw.destroy();
});

test.each(ways)('$name: valid frames, cut off at every byte', async (way) => {
  const target = targets.plain!;
  const witness = await Witness.join(target, `cut-${way.name}`);
  const bytes = Buffer.concat(way.valid);
  const step = Math.max(1, Math.ceil(bytes.length / (60 * times)));
  const cuts = Array.from({ length: Math.floor(bytes.length / step) }, (_, n) => n * step);
  await inGroups(cuts, async (cut) => {
    const raw = await openWay(target, way);
    raw.write(bytes.subarray(0, cut));
    await answered(raw);
    raw.destroy();
    judge(raw, way.format);
  });
  await witness.check();
  target.checkCalm();
});

test.each(ways)('$name: valid frames with bytes changed by chance', async (way) => {
  for (const target of [targets.plain!, ...(way.path === '/ws' ? [targets.deflate!] : [])]) {
    const witness = await Witness.join(target, `mutants-${way.name}`);
    const random = chance(`mutants ${way.name}`);
    const mutants = Array.from({ length: 60 * times }, () => mutant(Buffer.concat(way.valid), random));
    await inGroups(mutants, async (bytes) => {
      const raw = await openWay(target, way, { isDeflating: target === targets.deflate });
      raw.write(bytes);
      await answered(raw);
      raw.destroy();
      judge(raw, way.format);
    });
    await witness.check();
    // A gateway that sends nonsense is worth an error: both ends are ours.
    if (way.format !== 'link') target.checkCalm();
  }
});

/** Some bytes changed, left out, doubled or put in. */
function mutant(bytes: Buffer, { below, pick, bytes: some }: ReturnType<typeof chance>): Buffer {
  let changed = Buffer.from(bytes);
  for (let n = 0; n <= below(3); n++) {
    const at = below(changed.length);
    const [before, after] = [changed.subarray(0, at), changed.subarray(at)];
    const kind = pick(['flip', 'set', 'drop', 'insert', 'repeat'] as const);
    if (kind === 'flip') changed[at] = changed[at]! ^ (1 << below(8));
    else if (kind === 'set') changed[at] = pick([0, 1, 0x7f, 0x80, 0xff]);
    else if (kind === 'drop') changed = Buffer.concat([before, after.subarray(1 + below(8))]);
    else if (kind === 'insert') changed = Buffer.concat([before, some(1 + below(8)), after]);
    else changed = Buffer.concat([before, after, after]);
  }
  return changed;
}

/** What was sent has been worked off as far as it will be: a ping behind it is answered, or the connection is closed or stuck in a frame. */
async function answered(raw: RawSocket): Promise<void> {
  raw.write(frame({ opcode: opcodes.ping }));
  const until = performance.now() + 100;
  while (raw.pongs === 0 && !raw.isClosed && performance.now() < until) await new Promise((next) => setImmediate(next));
}

async function inGroups<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += 25) await Promise.all(items.slice(at, at + 25).map(work));
}
