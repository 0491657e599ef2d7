/** A container's health: whether its service says, on its HTTP port, that it can do its job. */

/** The setting with each service's HTTP port, and its default; a test compares them with the services' own. */
export const httpPorts = {
  'users-api': { setting: 'USERS_API_PORT', default: 8080 },
  'chat-ws': { setting: 'CHAT_WS_PORT', default: 8081 },
  'api-client-worker': { setting: 'WORKER_PORT', default: 8082 },
  'udp-discovery': { setting: 'DISCOVERY_HTTP_PORT', default: 8083 },
  'tcp-gateway': { setting: 'GATEWAY_HTTP_PORT', default: 8084 },
};

const TIMEOUT_MS = 4_000;

if (import.meta.main) process.exitCode = await check(process.env.PARLEY_SERVICE);

async function check(service) {
  const { setting, default: port } = httpPorts[service];
  try {
    const url = `http://${localHost()}:${process.env[setting] || port}/readyz`;
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) process.stdout.write(await response.text());
    return response.ok ? 0 : 1;
  } catch (err) {
    process.stdout.write(`${err.cause?.message ?? err.message}\n`);
    return 1;
  }
}

/** Where the service listens, seen from inside the container. */
function localHost() {
  const host = process.env.PARLEY_HOST || '0.0.0.0';
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
