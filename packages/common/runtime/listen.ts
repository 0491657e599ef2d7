import { createServer, Server as HttpServer, type RequestListener } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { Closers } from './closers.ts';
import { connectionsByDescriptors } from './descriptor-limit.ts';

export type ListenOptions = {
  host: string;
  port: number;
  /** The setting that the port comes from, for the message when it is taken. */
  setting: string;
};

export type Listening = { host: string; port: number };

/** A failure to start that its reader can mend: the message says what to change. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Binds a TCP or HTTP server. @throws StartError that names the port and its setting */
export async function listenTcp(server: Server, { host, port, setting }: ListenOptions): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    const failed = (err: NodeJS.ErrnoException) => reject(listenError(err, { host, port, setting }));
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.off('error', failed);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  return { host: address.address, port: address.port };
}

/** Says in one sentence why an address cannot be bound; also for UDP. */
export function listenError(err: NodeJS.ErrnoException, { host, port, setting }: ListenOptions): Error {
  const where = `port ${port} on ${host} (${setting})`;
  if (err.code === 'EADDRINUSE') {
    return new StartError(`${where} is in use by another program; stop it or set ${setting} to another port`, {
      cause: err,
    });
  }
  if (err.code === 'EACCES') {
    return new StartError(`${where} needs rights that this process has not; set ${setting} to 1024 or above`, {
      cause: err,
    });
  }
  if (err.code === 'EADDRNOTAVAIL' || err.code === 'ENOTFOUND') {
    return new StartError(`${where}: this machine has no address "${host}"; check PARLEY_HOST`, { cause: err });
  }
  return err;
}

export type ListeningHttp = Listening & { server: HttpServer; url: string };

/**
 * Serves an app (or binds a server made before) and closes it with `closers`: no new connections, idle ones are
 * closed, requests under way finish; those that have not finished by the deadline are cut off.
 */
export async function listenHttp(
  handler: RequestListener | HttpServer,
  options: ListenOptions & { closers: Closers },
): Promise<ListeningHttp> {
  const server = handler instanceof HttpServer ? handler : createServer(handler);
  // Beyond that not even the database or another service could be opened.
  server.maxConnections ??= connectionsByDescriptors();
  const { host, port } = await listenTcp(server, options);
  const { deadline } = options.closers;
  options.closers.push('http server', () => closeHttp(server, deadline));
  return { server, host, port, url: httpUrl(host, port) };
}

/** A kept-alive connection becomes idle after its last answer, so idle ones are looked for until none is left. */
function closeHttp(server: HttpServer, deadline: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = () => server.closeAllConnections();
    deadline.addEventListener('abort', cutOff);
    const sweep = setInterval(() => server.closeIdleConnections(), 25);
    server.close(() => {
      clearInterval(sweep);
      resolve();
    });
    if (deadline.aborted) cutOff();
    else server.closeIdleConnections();
  });
}

/** An address that can be clicked: wildcard addresses become loopback, IPv6 gets its brackets (RFC 3986 §3.2.2). */
export function httpUrl(host: string, port: number): string {
  return `http://${hostPort(host, port)}`;
}

export function hostPort(host: string, port: number): string {
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return shown.includes(':') ? `[${shown}]:${port}` : `${shown}:${port}`;
}
