import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ReadyMessage } from '@parley/common/runtime/run-service';
import type { ServiceAddress } from '@parley/common/runtime/start-service';

export type ServiceSpec = {
  name: string;
  /** The file that runs it. */
  main: string;
  /** All start at the same time; those of a lower tier stop after those of a higher one, which use them. */
  tier: number;
};

/** What Node keeps of compiling: a third of the time to start. */
const COMPILE_CACHE = join(import.meta.dirname, '../../../node_modules/.cache/node-compile');

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

export type ServiceProcess = {
  pid: number | undefined;
  /** Its addresses; undefined when it ended before it was ready. */
  ready: Promise<ServiceAddress[] | undefined>;
  exited: Promise<Exit>;
  /** Asks it to drain and end (TERM); after `deadlineMs` it is killed. */
  stop(deadlineMs: number): Promise<Exit>;
  /** SIGKILL, at once. */
  kill(): Promise<Exit>;
};

export type ServiceProcessOptions = {
  spec: ServiceSpec;
  env: NodeJS.ProcessEnv;
  /** Each line that it writes, to its output or as an error. */
  onLine(line: string): void;
};

/**
 * Runs a service under this Node, in a process group of its own: a terminal's Ctrl-C reaches it only through its
 * parent. It ends by itself when the parent is gone, since the channel between them breaks.
 */
export function startServiceProcess({ spec, env, onLine }: ServiceProcessOptions): ServiceProcess {
  const child = spawn(process.execPath, [spec.main], {
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const input of [child.stdout, child.stderr]) if (input) createInterface({ input }).on('line', onLine);
  const exited = exitOf(child, onLine);

  async function kill(): Promise<Exit> {
    child.kill('SIGKILL');
    return exited;
  }

  return {
    pid: child.pid,
    ready: Promise.race([readyOf(child), exited.then(() => undefined)]),
    exited,
    kill,
    async stop(deadlineMs) {
      child.kill('SIGTERM');
      const timer = setTimeout(kill, deadlineMs);
      const exit = await exited;
      clearTimeout(timer);
      return exit;
    },
  };
}

/** How a process ended, in words. */
export function describeExit({ code, signal }: Exit): string {
  return signal ? `was ended by ${signal}` : `ended with status ${code}`;
}

/** Settles after the last line was read. */
function exitOf(child: ChildProcess, onLine: (line: string) => void): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('error', (err) => {
      onLine(err.message);
      if (child.pid === undefined) resolve({ code: 127, signal: null });
    });
  });
}

function readyOf(child: ChildProcess): Promise<ServiceAddress[]> {
  return new Promise((resolve) => {
    child.on('message', (message: ReadyMessage) => {
      if (message.type === 'ready') resolve(message.addresses);
    });
  });
}
