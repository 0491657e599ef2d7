import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Resident memory of a process, in KB (VmRSS of proc(5)). */
export function residentKb(pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  if (kb === undefined) throw new Error(`the memory of ${pid} cannot be read`);
  return Number(kb);
}

const lookMs = 1_000;
/** At rest: within this share for so many looks. What V8 has freed it gives back to the system some seconds later. */
const steadyShare = 0.005;
const steadyLooks = 12;

/** The same once the process has come to rest, or after `withinMs`. */
export async function residentKbAtRest(pid: number, withinMs = 45_000): Promise<number> {
  const looks: number[] = [];
  for (let waited = 0; waited < withinMs; waited += lookMs) {
    await delay(lookMs);
    looks.push(residentKb(pid));
    const last = looks.slice(-steadyLooks);
    if (last.length < steadyLooks) continue;
    if (Math.max(...last) - Math.min(...last) < steadyShare * Math.max(...last)) break;
  }
  return looks.at(-1)!;
}

/** `stop` gives the KB by which the process was larger at most than at the beginning. */
export function watchMemory(pid: number): { stop(): number } {
  const before = residentKb(pid);
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, residentKb(pid));
  }, 100);
  return {
    stop() {
      clearInterval(timer);
      return most - before;
    },
  };
}
