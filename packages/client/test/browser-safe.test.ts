import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const packages = join(import.meta.dirname, '../..');

/** Every file that a browser loads with this one, and every package from elsewhere. Types alone are not loaded. */
async function loads(file: string, found = { files: new Set<string>(), foreign: new Set<string>() }) {
  if (found.files.has(file)) return found;
  found.files.add(file);
  const source = await readFile(file, 'utf8');
  for (const [, what = ''] of source.matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from '([^']+)';/gms)) {
    if (what.startsWith('.')) await loads(resolve(dirname(file), what), found);
    else if (what.startsWith('@parley/common/'))
      await loads(`${join(packages, what.slice('@parley/'.length))}.ts`, found);
    else if (what.startsWith('@parley/net/')) await loads(join(packages, `net/src/${what.slice(12)}.ts`), found);
    else found.foreign.add(what);
  }
  return found;
}

// That nothing uses Node's globals is checked by `tsc -p tsconfig.browser.json`, which knows none.
test('what a browser loads is zod and nothing of Node', async () => {
  const { files, foreign } = await loads(join(packages, 'client/src/chat-client.ts'));
  expect([...foreign]).toEqual(['zod']);
  expect([...files].some((file) => file.endsWith('contracts/chat/server-message.ts'))).toBe(true);
});
