import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describeEachDatabase, type TestDatabase } from '@parley/common/runtime/test-databases';
import { expect, test } from 'vitest';
import { creation, openTestLog, placed, post } from './open-test-log.ts';

const program = fileURLToPath(new URL('./append-until-killed.ts', import.meta.url));

/** Lets a process post, kills it after `count` answers, and gives what it had been answered: the seq of each post. */
async function postUntilKilled(where: TestDatabase, first: number, count: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [program, JSON.stringify(where), 'lobby', `${first}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const answers = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [n = '', seq = ''] = line.split(' ');
    answers.set(n, Number(seq));
    if (answers.size === count) child.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  return answers;
}

describeEachDatabase('a process killed in the middle of posting', (databases) => {
  test('has lost nothing that was answered, and stored nothing twice', async () => {
    const where = await databases.create();
    const { log: setUp, close } = await openTestLog(where);
    await setUp.openRoom('lobby', creation);
    await close();
    const answered = new Map<string, number>();
    for (const [round, count] of [300, 1, 777].entries()) {
      for (const [n, seq] of await postUntilKilled(where, round * 100_000, count)) answered.set(n, seq);
    }

    const { log } = await openTestLog(where);
    const stored = new Map<string, number>();
    for (let from = 1; ; ) {
      const { entries, head } = await log.read('lobby', from, 1_000);
      for (const { seq, text = '' } of entries) {
        expect(seq).toBe(from);
        expect(stored.has(text)).toBe(false);
        stored.set(text, seq);
        from += 1;
      }
      if (from > head) break;
    }
    expect(answered.size).toBeGreaterThanOrEqual(1_078);
    for (const [n, seq] of answered) expect(stored.get(n)).toBe(seq);

    // Who was not answered posts again, with the same key.
    const [unanswered] = [...stored].find(([n]) => !answered.has(n)) ?? ['0'];
    const again = placed((await log.append([post('lobby', unanswered, { key: unanswered })]))[0]);
    expect(again).toMatchObject({ seq: stored.get(unanswered), duplicate: true });
  }, 60_000);
});
