import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERRORS } from '../runtime/errors.ts';
import { errorCodes } from './error-code.ts';

const protocol = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
const rows = new Map(
  Array.from(protocol.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \|/gm), ([, code, status]) => [code, Number(status)]),
);

test.each(errorCodes)('%s stands in docs/protocol.md with its HTTP status', (code) => {
  expect(rows.get(code)).toBe(ERRORS[code].httpStatus);
});

test('docs/protocol.md names no other code', () => {
  expect([...rows.keys()].toSorted()).toEqual(errorCodes.toSorted());
});
