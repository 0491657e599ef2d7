import { ParleyError } from '@parley/common/runtime/errors';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AppendResult, Write } from '../../src/log/room-log.ts';
import { ada, bob, creation, openTestLog } from './open-test-log.ts';

type ModelEntry = { by: string; of: number | undefined; text: string | null };

/** A room log as simple as it can be said. */
function createModel(rooms: string[]) {
  const logs = new Map(rooms.map((room) => [room, [] as ModelEntry[]]));
  const keys = new Map<string, { seq: number; content: string }>();

  function refusal(log: ModelEntry[], one: Write): string | undefined {
    if (one.of === undefined) return undefined;
    const target = log[one.of - 1];
    if (target === undefined || target.of !== undefined || target.text === null) return 'NOT_FOUND';
    return one.any || target.by === one.from.id ? undefined : 'FORBIDDEN';
  }

  function append(one: Write): string {
    const { room, from, of, text = '', key } = one;
    const log = logs.get(room);
    if (!log) return 'NOT_FOUND';
    const name = JSON.stringify([room, from.id, key]);
    const content = JSON.stringify([of, text]);
    const first = key === undefined ? undefined : keys.get(name);
    if (first) return first.content === content ? `${first.seq} again` : 'CONFLICT';
    const refused = refusal(log, one);
    if (refused !== undefined) return refused;
    for (const [i, entry] of log.entries())
      if (of !== undefined && (i + 1 === of || entry.of === of)) entry.text = text;
    log.push({ by: from.id, of, text });
    if (key !== undefined) keys.set(name, { seq: log.length, content });
    return `${log.length}`;
  }
  return { logs, append };
}

const say = (result: AppendResult) =>
  result instanceof ParleyError ? result.code : `${result.seq}${result.duplicate ? ' again' : ''}`;

const room = fc.constantFrom('one', 'two', 'nowhere');
const from = fc.constantFrom(ada, bob);
const key = fc.option(fc.constantFrom('k', 'l', 'm'), { nil: undefined });
const posts = fc.record({ room, from, text: fc.constantFrom('a', 'b'), key });
const changes = fc.record({
  room,
  from,
  of: fc.integer({ min: 1, max: 8 }),
  text: fc.constantFrom('a', 'c', null),
  any: fc.boolean(),
  key,
});
const batch = fc.array(fc.oneof({ weight: 2, arbitrary: posts }, { weight: 1, arbitrary: changes }), { maxLength: 12 });

describeEachDatabase('a room log, driven at random', (databases) => {
  test('does what the model does', async () => {
    const { log } = await openTestLog(await databases.create());
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 6 }), async (batches) => {
        run += 1;
        const name = (room: string) => `${room}-${run}`;
        const model = createModel([name('one'), name('two')]);
        for (const room of model.logs.keys()) await log.openRoom(room, creation);
        for (const batch of batches) {
          const named = batch.map((one) => ({ ...one, room: name(one.room), at: 5 }));
          expect((await log.append(named)).map(say)).toEqual(named.map(model.append));
        }
        for (const [room, expected] of model.logs) {
          const { entries } = await log.read(room, 1, 1_000);
          const stored = entries.map(({ from, of, text = null }): ModelEntry => ({ by: from.id, of, text }));
          expect(stored).toEqual(expected);
          expect(entries.map(({ seq }) => seq)).toEqual(expected.map((_, i) => i + 1));
          expect(entries.every(({ text, deleted }) => (text === undefined) === (deleted === true))).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});
