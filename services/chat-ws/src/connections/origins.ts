/** Tells whether a browser's page may connect, by the `Origin` of its handshake (RFC 6455 §10.2). */
export type OriginCheck = (origin: string | undefined) => Promise<boolean>;

/**
 * Programs send no origin and always may. Pages may whose origin is listed or, when none is, those that users-api serves; `localhost`
 * and the loopback addresses are one there.
 */
export function createOriginCheck(origins: readonly string[], usersApi: () => Promise<URL>): OriginCheck {
  const listed = new Set(origins);
  return async (origin) => {
    if (origin === undefined) return true;
    if (!URL.canParse(origin)) return false;
    if (listed.size > 0) return listed.has(new URL(origin).origin);
    return withOneLoopback(new URL(origin)) === withOneLoopback(await usersApi());
  };
}

function withOneLoopback({ protocol, hostname, port }: URL): string {
  const host = hostname === 'localhost' || hostname === '[::1]' ? '127.0.0.1' : hostname;
  return `${protocol}//${host}:${port}`;
}
