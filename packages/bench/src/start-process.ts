import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Closers } from '@parley/common/runtime/closers';

export type StartedProcess = { pid: number; url: string };

const startMs = 30_000;
const endMs = 8_000;

/**
 * Runs a TypeScript file as a process of its own that says `{type:'ready', addresses}` once it serves, as Parley's services do. `label`:
 * of the address that is wanted. It ends with its IPC channel.
 */
export async function startProcess(
  closers: Closers,
  { file, env = {}, label }: { file: URL; env?: Record<string, string>; label: string },
): Promise<StartedProcess> {
  const child = fork(file, {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    execArgv: [],
    stdio: 'inherit',
  });
  closers.push(`process ${label}`, async () => {
    if (hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.disconnect();
    await Promise.race([ended, delay(endMs, undefined, { ref: false })]);
    if (hasEnded(child)) return;
    child.kill('SIGKILL');
    await ended;
  });
  const ready = await readyMessage(child);
  const address = ready.addresses.find((each) => each.label === label);
  if (address === undefined || child.pid === undefined) throw new Error(`no address ${label}`);
  return { pid: child.pid, url: address.url };
}

type Ready = { addresses: { label: string; url: string }[] };

/** @throws Error at once when the process ends instead, or when it has not said so in time */
async function readyMessage(child: ChildProcess): Promise<Ready> {
  const settled = new AbortController();
  const signal = AbortSignal.any([AbortSignal.timeout(startMs), settled.signal]);
  const ended = once(child, 'exit', { signal }).then(([code, name]): never => {
    throw new Error(`a process ended before it was ready: ${code ?? name}`);
  });
  try {
    const [ready] = await Promise.race([once(child, 'message', { signal }), ended]);
    return ready;
  } finally {
    settled.abort();
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
