/** A container's health: whether its service says, on its HTTP port, that it can do its job. */

/** The setting with each service's HTTP port, and its default; a test compares them with the services' own. */
export const httpPorts: Record<string, { setting: string; default: number }> = {
  'users-api': { setting: 'USERS_API_PORT', default: 8080 },
  'chat-ws': { setting: 'CHAT_WS_PORT', default: 8081 },
  'api-client-worker': { setting: 'WORKER_PORT', default: 8082 },
  'udp-discovery': { setting: 'DISCOVERY_HTTP_PORT', default: 8083 },
  'tcp-gateway': { setting: 'GATEWAY_HTTP_PORT', default: 8084 },
};

const TIMEOUT_MS = 4_000;

if (import.meta.main) process.exitCode = await check(process.env.PARLEY_SERVICE ?? '');

/** @returns the status to exit with */
async function check(service: string): Promise<number> {
  const port = httpPorts[service];
  if (!port) return 1;
  try {
    const url = `http://${localHost()}:${process.env[port.setting] || port.default}/readyz`;
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) process.stdout.write(await response.text());
    return response.ok ? 0 : 1;
  } catch (err) {
    process.stdout.write(`${err}\n`);
    return 1;
  }
}

/** Where the service listens, seen from inside the container. */
function localHost(): string {
  const host = process.env.PARLEY_HOST || '0.0.0.0';
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
