import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Closers } from '@parley/common/runtime/closers';

export type StartedProcess = { pid: number; url: string };

const startMs = 30_000;

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
    if (child.exitCode !== null) return;
    child.disconnect();
    await once(child, 'exit');
  });
  const [ready] = await once(child, 'message', { signal: AbortSignal.timeout(startMs) });
  const addresses: { label: string; url: string }[] = ready.addresses;
  const address = addresses.find((each) => each.label === label);
  if (address === undefined || child.pid === undefined) throw new Error(`no address ${label}`);
  return { pid: child.pid, url: address.url };
}
