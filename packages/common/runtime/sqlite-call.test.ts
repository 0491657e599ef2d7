import { expect, test, vi } from 'vitest';
import { openCalls } from './sqlite-call.ts';
import { SqliteError, sqliteInterrupted } from './sqlite-error.ts';

const file = new URL('./test/sums-thread.ts', import.meta.url);

test('calls are answered in their order, each with what became of it', async () => {
  const calls = openCalls<number, number>(file, 100);
  const answers = await Promise.allSettled([calls.ask(1), calls.ask(-1), calls.ask(2)]);
  expect(answers).toMatchObject([{ value: 101 }, { reason: { message: 'below 0', errcode: 19 } }, { value: 103 }]);
  const last = calls.ask(3);
  await calls.close();
  expect(await last).toBe(106);
  expect(calls.hasEnded).toBe(true);
  await expect(calls.ask(4)).rejects.toThrow(SqliteError);
  await calls.close();
});

test('what a thread had answered before it ended is heard; the rest is unknown', async () => {
  const calls = openCalls<number, number>(file, 0);
  const answered = Array.from({ length: 200 }, () => calls.ask(1));
  const lost = [calls.ask(0), calls.ask(1)];
  // It has ended when this thread hears of anything: its answers and the news of its end come together.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  expect(await Promise.all(answered)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  const failures = await Promise.allSettled(lost);
  expect(failures).toMatchObject([
    { reason: { errcode: sqliteInterrupted } },
    { reason: { message: 'the SQLite thread has ended', errcode: sqliteInterrupted } },
  ]);
  expect(calls.hasEnded).toBe(true);
});

test('a thread that dies of a fault tells of it, and fails what it was asked', async () => {
  const onFault = vi.fn();
  const calls = openCalls<number, number>(file, 660, onFault);
  const answered = calls.ask(6);
  await Promise.allSettled([answered, calls.close()]);
  expect(await answered).toBe(666);
  await vi.waitFor(() => expect(onFault).toHaveBeenCalledWith(expect.objectContaining({ message: 'does not close' })));
  await expect(calls.ask(1)).rejects.toMatchObject({ message: 'does not close', errcode: sqliteInterrupted });
});
