import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Closers } from '@parley/common/runtime/closers';
import type { Answer } from './serve-parent.ts';

export type StartedProcess = {
  pid: number;
  url: string;
  /** Asks what the process answers by `serveParent`. @throws Error with what it says, or when it ends before */
  ask<Result>(request: object): Promise<Result>;
  /** Ends it as `closers` would, and gives its exit code. */
  stop(): Promise<number | null>;
};

const startMs = 30_000;
const endMs = 15_000;

/**
 * Runs a TypeScript file as a process of its own that says `{type:'ready', addresses}` once it serves, as Parley's services do. `label`:
 * of the address that is wanted, if one is. It ends with its IPC channel.
 */
export async function startProcess(
  closers: Closers,
  { file, args = [], env = {}, label }: { file: URL; args?: string[]; env?: Record<string, string>; label?: string },
): Promise<StartedProcess> {
  const child = fork(file, args, {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    // Who profiles the benchmark profiles the servers.
    execArgv: process.execArgv.filter((arg) => arg.startsWith('--cpu-prof')),
    stdio: 'inherit',
  });
  closers.push(`process ${label}`, () => stop(child));
  const ready = await readyMessage(child);
  const address = label === undefined ? { url: '' } : ready.addresses.find((each) => each.label === label);
  if (address === undefined || child.pid === undefined) throw new Error(`no address ${label}`);
  return { pid: child.pid, url: address.url, ask: openAsk(child), stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (hasEnded(child)) return child.exitCode;
  const ended = once(child, 'exit');
  if (child.connected) child.disconnect();
  await Promise.race([ended, delay(endMs, undefined, { ref: false })]);
  if (!hasEnded(child)) {
    child.kill('SIGKILL');
    await ended;
  }
  return child.exitCode;
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

function openAsk(child: ChildProcess) {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let asked = 0;
  child.on('message', ({ re, result, error }: Answer) => {
    const call = waiting.get(re);
    waiting.delete(re);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(error));
  });
  child.on('exit', () => {
    for (const call of waiting.values()) call.reject(new Error('the process has ended'));
    waiting.clear();
  });
  return <Result>(request: object): Promise<Result> => {
    const call = Promise.withResolvers<unknown>();
    asked += 1;
    waiting.set(asked, call);
    child.send({ id: asked, request });
    return call.promise as Promise<Result>;
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
