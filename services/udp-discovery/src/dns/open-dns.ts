import type { Server } from 'node:net';
import { listenTcp } from '@parley/common/runtime/listen';
import { openUdpSocket, type UdpSocket } from '@parley/net/udp-socket';

export type DnsPort = { host: string; port: number; setting: string; maxQueued: number };

/** A free UDP port may be taken for TCP; then another one is tried. */
const ATTEMPTS = 10;

/**
 * Binds UDP and TCP to the same port: who gets a truncated answer over UDP comes back to it over TCP. With port 0 both
 * take one that is free for both.
 * @throws StartError that names port and setting
 */
export async function openDns(server: Server, { host, port, setting, maxQueued }: DnsPort): Promise<UdpSocket> {
  for (let attempt = 1; ; attempt++) {
    const socket = await openUdpSocket({ host, port, setting, maxQueued });
    try {
      await listenTcp(server, { host, port: socket.address.port, setting });
      return socket;
    } catch (err) {
      await socket.close();
      if (port !== 0 || attempt === ATTEMPTS) throw err;
    }
  }
}
