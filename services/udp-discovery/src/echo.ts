import type { ReceivedDatagram } from '@parley/net/datagram-queue';

/** Below it are the services that answer by themselves (echo, chargen, DNS …): two of them would go on for ever. */
const FIRST_CLIENT_PORT = 1024;

/** Parley's UDP listeners where nothing else is set. Those of this process come in addition. */
export const parleyUdpPorts = [5353, 8400, 8407, 8600] as const;

/**
 * Sends a datagram back as it came, so the answer is never larger than the question. A forged sender must not set two
 * listeners on each other: system ports and Parley's own are ignored.
 */
export function echo({ bytes, from }: ReceivedDatagram, ownPorts: ReadonlySet<number>): Uint8Array | undefined {
  return from.port < FIRST_CLIENT_PORT || ownPorts.has(from.port) ? undefined : bytes;
}
