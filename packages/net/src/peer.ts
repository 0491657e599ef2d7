import type { Socket } from 'node:net';

/** The other end of a connection. */
export type Peer = { address: string; port: number };

/** Undefined when the connection is gone already. */
export function peerOf({ remoteAddress, remotePort }: Socket): Peer | undefined {
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return { address: remoteAddress, port: remotePort };
}
