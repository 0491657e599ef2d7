import { onTestFailed, onTestFinished } from 'vitest';
import { type Processes, type ProcessesOptions, startProcesses } from '../src/processes.ts';

/** Processes that are stopped when the test is finished, and show what they logged when it has failed. */
export async function startTestProcesses(options: ProcessesOptions & { names: string[] }): Promise<Processes> {
  const processes = await startProcesses(options);
  onTestFinished(() => processes.stopAll());
  onTestFailed(() => showLogs(processes, options.names));
  return processes;
}

/** What they logged last, for whoever looks into a failed test. */
export function showLogs(processes: Processes, names: readonly string[]): void {
  for (const name of names) process.stderr.write(`${name} logged:\n${processes.output(name)}\n`);
}
