import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createClosers } from '@parley/common/runtime/closers';
import { type Logger, silentLogger } from '@parley/common/runtime/logger';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openTlsGate } from './tls-gate.ts';

const patience = { timeout: 15_000, interval: 5 };

function makeCertificate(folder: string, name: string): { cert: string; key: string } {
  const [cert, key] = [join(folder, `${name}.cert.pem`), join(folder, `${name}.key.pem`)];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
  execFileSync('openssl', ['req', '-x509', '-days', '2', '-subj', `/CN=${name}`, ...newKey, '-out', cert], {
    stdio: 'ignore',
  });
  return { cert, key };
}

test('changed files that cannot be used leave the ones before in force, and are logged', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-gate-'));
  const closers = createClosers();
  onTestFinished(async () => {
    await closers.close();
    rmSync(folder, { recursive: true });
  });
  const [live, other] = [makeCertificate(folder, 'live'), makeCertificate(folder, 'other')];
  const failures = vi.fn();
  const log: Logger = Object.assign(silentLogger(), { error: failures });
  const gate = openTlsGate(
    {
      prefix: 'TEST',
      certPath: live.cert,
      keyPath: live.key,
      checkMs: 10,
      handshakeMs: 10_000,
      allowHalfOpen: false,
      log,
      closers,
    },
    (socket) => socket.end(),
  );
  const server = createServer((socket) => gate.secure(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push('server', () => server.close());
  const shown = async () => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return CN;
  };
  expect(await shown()).toBe('live');

  copyFileSync(other.cert, live.cert);
  await vi.waitFor(() => expect(failures).toHaveBeenCalledTimes(1), patience);
  expect(await shown()).toBe('live');
  truncateSync(live.cert);
  await vi.waitFor(() => expect(failures).toHaveBeenCalledTimes(2), patience);
  expect(await shown()).toBe('live');

  copyFileSync(other.key, live.key);
  await vi.waitFor(() => expect(failures).toHaveBeenCalledTimes(3), patience);
  copyFileSync(other.cert, live.cert);
  await vi.waitFor(async () => expect(await shown()).toBe('other'), patience);
});
