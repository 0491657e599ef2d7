import { readFileSync } from 'node:fs';

/** Linux counts a process's time in hundredths of a second here, whatever its own clock does (proc(5), USER_HZ). */
const ticksPerSecond = 100;

/** CPU time of a process and all its threads until now, in the kernel too, in seconds. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may contain anything; user and system time are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
