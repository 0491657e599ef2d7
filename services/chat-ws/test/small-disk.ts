import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const chunk = Buffer.alloc(4_096);

/** A file system of 4 MB in memory that can really be full; undefined where this process may not mount one (only root may). */
export async function mountSmallDisk() {
  const mountPoint = await mkdtemp(join(tmpdir(), 'parley-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mountPoint]);
  } catch {
    await rm(mountPoint, { recursive: true });
    return undefined;
  }
  const folder = join(mountPoint, 'data');
  await mkdir(folder);
  const filler = join(mountPoint, 'filler');
  return {
    folder,
    /** Takes all the room there is. */
    async fill(): Promise<void> {
      const file = await open(filler, 'a');
      try {
        for (;;) await file.write(chunk);
      } catch (err) {
        if (!(err instanceof Error && 'code' in err && err.code === 'ENOSPC')) throw err;
      } finally {
        await file.close();
      }
    },
    /** Gives it back. */
    free: () => rm(filler),
    async unmount(): Promise<void> {
      await run('umount', [mountPoint]);
      await rm(mountPoint, { recursive: true });
    },
  };
}

export type SmallDisk = NonNullable<Awaited<ReturnType<typeof mountSmallDisk>>>;
