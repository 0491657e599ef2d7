import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { closeCodes } from './close-code.ts';

const protocol = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');
const [, table = ''] = /^\| close code \|.*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(protocol) ?? [];
/** A row may name several. */
const documented = Array.from(table.matchAll(/^\| ([\d, ]+) \|/gm), ([, codes = '']) => codes.split(', ')).flat();

test.each(Object.entries(closeCodes))('%s (%i) stands in docs/protocol.md', (_name, code) => {
  expect(documented).toContain(String(code));
});

test('docs/protocol.md names no other code, and none twice', () => {
  expect(documented.map(Number).toSorted()).toEqual(Object.values(closeCodes).toSorted());
});
