import type { ConnectionOptions } from '@nats-io/transport-node';

/**
 * Addresses such as `nats://user:password@host:4222`, `nats://token@host` or `tls://host`, as the library wants them: the credentials, of
 * the first that has some, apart from the addresses, which may be logged.
 */
export function natsOptions(
  servers: readonly string[],
): Pick<ConnectionOptions, 'servers' | 'user' | 'pass' | 'token' | 'tls'> {
  const urls = servers.map((server) => new URL(server));
  const known = urls.find(({ username }) => username !== '');
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || 4222}`),
    ...(known !== undefined && credentials(known)),
    ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
  };
}

function credentials({ username, password }: URL): Pick<ConnectionOptions, 'user' | 'pass' | 'token'> {
  const user = decodeURIComponent(username);
  return password === '' ? { token: user } : { user, pass: decodeURIComponent(password) };
}
