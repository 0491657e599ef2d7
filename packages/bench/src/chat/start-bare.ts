import type { Closers } from '@parley/common/runtime/closers';
import { openFolder } from '../open-folder.ts';
import { type StartedProcess, startProcess } from '../start-process.ts';

/** The bare group-commit loop, in a process and a folder of its own. */
export async function startBare(closers: Closers): Promise<StartedProcess> {
  return startProcess(closers, {
    file: new URL('bare-commits.ts', import.meta.url),
    args: [await openFolder(closers)],
  });
}
