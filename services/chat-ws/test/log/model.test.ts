import { ParleyError } from '@parley/common/runtime/errors';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AppendResult, Post } from '../../src/log/room-log.ts';
import { ada, bob, creation, openTestLog } from './open-test-log.ts';

/** A room log as simple as it can be said. */
function createModel(rooms: string[]) {
  const logs = new Map(rooms.map((room) => [room, [] as string[]]));
  const keys = new Map<string, { seq: number; text: string }>();
  function append({ room, from, text = '', key }: Post): string {
    const log = logs.get(room);
    if (!log) return 'NOT_FOUND';
    const name = JSON.stringify([room, from.id, key]);
    const first = key === undefined ? undefined : keys.get(name);
    if (first) return first.text === text ? `${first.seq} again` : 'CONFLICT';
    log.push(`${from.id}: ${text}`);
    if (key !== undefined) keys.set(name, { seq: log.length, text });
    return `${log.length}`;
  }
  return { logs, append };
}

const say = (result: AppendResult) =>
  result instanceof ParleyError ? result.code : `${result.seq}${result.duplicate ? ' again' : ''}`;

const posts = fc.array(
  fc.record({
    room: fc.constantFrom('one', 'two', 'nowhere'),
    from: fc.constantFrom(ada, bob),
    text: fc.constantFrom('a', 'b'),
    key: fc.option(fc.constantFrom('k', 'l', 'm'), { nil: undefined }),
  }),
  { maxLength: 12 },
);

describeEachDatabase('a room log, driven at random', (databases) => {
  test('does what the model does', async () => {
    const { log } = await openTestLog(await databases.create());
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(posts, { maxLength: 6 }), async (batches) => {
        run += 1;
        const name = (room: string) => `${room}-${run}`;
        const model = createModel([name('one'), name('two')]);
        for (const room of model.logs.keys()) await log.openRoom(room, creation);
        for (const batch of batches) {
          const named = batch.map((post) => ({ ...post, room: name(post.room), at: 5 }));
          expect((await log.append(named)).map(say)).toEqual(named.map(model.append));
        }
        for (const [room, expected] of model.logs) {
          const { entries } = await log.read(room, 1, 1_000);
          expect(entries.map(({ from, text }) => `${from.id}: ${text}`)).toEqual(expected);
          expect(entries.map(({ seq }) => seq)).toEqual(expected.map((_, i) => i + 1));
        }
      }),
      { numRuns: 40 },
    );
  });
});
