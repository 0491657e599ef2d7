import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fillInSettings } from './settings-doc.ts';

/** Run this when a setting has changed: `node packages/dev-env/src/write-settings-doc.ts`. */
const document = join(import.meta.dirname, '../../../docs/operations.md');
await writeFile(document, fillInSettings(await readFile(document, 'utf8')));
