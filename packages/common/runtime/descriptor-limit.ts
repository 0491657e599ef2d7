import { readFileSync } from 'node:fs';

/** Descriptors that are kept for files, databases and other services. */
const reserved = 200;

/** How many connections the process's file descriptors allow; infinite where that cannot be read. */
export function connectionsByDescriptors(limitsPath = '/proc/self/limits'): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync(limitsPath, 'utf8')) ?? [];
    return soft === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Number(soft) - reserved);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
