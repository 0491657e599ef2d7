import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { onTestFinished, vi } from 'vitest';
import { withoutSettings } from '../src/own-environment.ts';
import type { Exit } from '../src/service-process.ts';

export type Program = {
  pid: number;
  /** All that it has written so far. */
  output(): string;
  /** Waits until its output has a match. */
  saw(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  signal(signal: NodeJS.Signals): void;
  exited: Promise<Exit>;
};

/** Runs a program under this Node, in a process group of its own, until the test is finished at the latest. */
export function startProgram(args: string[], env: NodeJS.ProcessEnv = {}): Program {
  const child = spawn(process.execPath, args, {
    env: { ...withoutSettings(process.env), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const exited = new Promise<Exit>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return {
    pid: child.pid as number,
    output: () => output,
    exited,
    signal: (signal) => void child.kill(signal),
    saw: (pattern, timeout = 15_000) =>
      vi.waitFor(
        () => {
          const match = pattern.exec(output);
          if (!match) throw new Error(`${pattern} has not appeared in:\n${output}`);
          return match;
        },
        { timeout, interval: 20 },
      ),
  };
}

/** Whether a process with this id is there. One that has ended and waits for its parent to notice is not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch (err) {
    return (err as NodeJS.ErrnoException).syscall === 'open' && !existsSync('/proc/self/stat');
  }
}
