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

it('what is done is driven by a test that bears its id', async () => {
  for (const [id, , state, , link] of await readRows()) {
    if (state !== 'done') continue;
    const file = /\]\((.+)\)$/.exec(link ?? '')?.[1];
    expect(file, `${id} names its test`).toBeDefined();
    const source = await readFile(join(docs, file as string), 'utf8');
    expect(source, `${file} has a test named after ${id}`).toMatch(
      new RegExp(`(it|test|describe)\\S*\\(\\s*['"\`]([TUCHW]\\d+ )*${id}\\b`),
    );
  }
});
