import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const docs = join(import.meta.dirname, '../../../docs');
const COUNTS = { T: 18, U: 12, C: 25, H: 19, W: 16 };

/** The cells of every row that begins with a pattern's id. */
async function readRows(): Promise<string[][]> {
  const text = await readFile(join(docs, 'patterns.md'), 'utf8');
  return text
    .split('\n')
    .filter((line) => /^\| [TUCHW]\d+ /.test(line))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
}

it('docs/patterns.md has every pattern, done or open', async () => {
  const rows = await readRows();
  const expected = Object.entries(COUNTS).flatMap(([kind, n]) =>
    Array.from({ length: n }, (_, i) => `${kind}${i + 1}`),
  );
  expect(rows.map(([id]) => id)).toEqual(expected);
  for (const [id, , state] of rows) expect(state, id).toMatch(/^(done|open)$/);
});

it('what is done is driven by tests that bear its id', async () => {
  for (const [id, , state, , links] of await readRows()) {
    if (state !== 'done') continue;
    const files = Array.from(links?.matchAll(/\]\(([^)]+)\)/g) ?? [], ([, file = '']) => file);
    expect(files, `${id} names its tests`).not.toEqual([]);
    for (const file of files) {
      expect(await readFile(join(docs, file), 'utf8'), `${file} has a test named after ${id}`).toMatch(
        new RegExp(`(it|test|describe)\\S*\\(\\s*['"\`]([TUCHW]\\d+ )*${id}\\b`),
      );
    }
  }
});
