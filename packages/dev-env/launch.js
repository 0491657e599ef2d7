/**
 * `npm start`, on any Node from 20 on: installs what is missing, then runs src/main.ts under the project's own Node.
 * Whatever it runs has a process group of its own: signals reach it through here, once, and its status is returned.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** The binary itself: the script in node_modules/.bin would stand between us and its signals. */
const projectNode = join(root, 'node_modules/node/bin/node');
const main = join(root, 'packages/dev-env/src/main.ts');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const PNPM = ['--yes', 'pnpm@10.34.9'];

/** Ctrl-C comes twice under npm: from the terminal, and forwarded by npm itself. */
const SAME_SIGNAL_MS = 500;

/** After the second Ctrl-C the child has this long to end its own children. */
const KILL_AFTER_MS = 3_000;

process.exitCode = await launch();

async function launch() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    process.stderr.write(`Parley needs Node 20 or later to start; this is ${process.version}.\n`);
    return 1;
  }
  if (!isInstalled()) {
    const status = await install();
    if (status !== 0) return status;
  }
  return run(projectNode, [main, ...process.argv.slice(2)], { output: 'inherit' });
}

/** pnpm keeps a copy of the lockfile that it installed from. */
function isInstalled() {
  const installed = join(root, 'node_modules/.pnpm/lock.yaml');
  if (!existsSync(projectNode) || !existsSync(installed)) return false;
  return readFileSync(installed, 'utf8') === readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
}

async function install() {
  const startedAt = performance.now();
  process.stderr.write('Installing what Parley needs (first start, or its dependencies have changed) …\n');
  // Nobody is there to answer pnpm's questions: with CI it asks none.
  const options = { output: 'pipe', env: { CI: 'true' } };
  const status = await run('npx', [...PNPM, 'install', '--frozen-lockfile', '--reporter=append-only'], options);
  if (status === 0) process.stderr.write(`Installed in ${Math.round((performance.now() - startedAt) / 1000)} s.\n`);
  return status;
}

/**
 * Runs a program to its end and gives its status, 128 + signal when one ended it. `inherit`: its output is ours, and a
 * channel tells it when we are gone. `pipe`: the end of its output is shown, and only when it fails.
 */
function run(command, args, { output, env = {} }) {
  const stdio = ['ignore', output, output, ...(output === 'inherit' ? ['ipc'] : [])];
  const child = spawn(command, args, { cwd: root, detached: true, stdio, env: { ...process.env, ...env } });
  const shown = tail(child);
  const stopForwarding = forwardSignals(child);
  return new Promise((resolve) => {
    child.once('error', (err) => {
      stopForwarding();
      process.stderr.write(`${command} cannot be run: ${err.message}\n`);
      resolve(1);
    });
    child.once('close', (code, signal) => {
      stopForwarding();
      if (code !== 0) process.stderr.write(shown());
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** Remembers the end of what a child writes, and shows how far it is where somebody may be watching. */
function tail(child) {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk) => {
      text = (text + chunk).slice(-8_000);
      const progress = /^Progress: .*/m.exec(chunk);
      if (progress && process.stderr.isTTY) process.stderr.write(`${progress[0]}\x1b[K\r`);
    });
  }
  return () => text;
}

/** The first signal goes to the child's group; a second one too, and ends all of it soon after. */
function forwardSignals(child) {
  let firstAt;
  const forward = (signal) => {
    const now = performance.now();
    if (firstAt !== undefined && now - firstAt < SAME_SIGNAL_MS) return;
    if (firstAt !== undefined) setTimeout(() => sendToGroup(child, 'SIGKILL'), KILL_AFTER_MS).unref();
    firstAt ??= now;
    sendToGroup(child, signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  return () => {
    for (const signal of SIGNALS) process.off(signal, forward);
  };
}

function sendToGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (err) {
    if (err.code !== 'ESRCH') throw err;
  }
}
