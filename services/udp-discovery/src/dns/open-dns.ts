import type { Server } from 'node:net';
import { listenTcp } from '@parley/common/runtime/listen';
import { openUdpSocket, type UdpSocket, type UdpSocketOptions } from '@parley/net/udp-socket';

export type DnsPort = UdpSocketOptions & { setting: string };

/** A free UDP port may be taken for TCP; then another one is tried. */
const ATTEMPTS = 10;

/**
 * Binds UDP and TCP to the same port: who gets a truncated answer over UDP comes back to it over TCP. With port 0 both
 * take one that is free for both.
 * @throws StartError that names port and setting
 */
export async function openDns(server: Server, options: DnsPort): Promise<UdpSocket> {
  const { host, port, setting } = options;
  for (let attempt = 1; ; attempt++) {
    const socket = await openUdpSocket(options);
    try {
      await listenTcp(server, { host, port: socket.address.port, setting });
      return socket;
    } catch (err) {
      await socket.close();
      if (port !== 0 || attempt === ATTEMPTS) throw err;
    }
  }
}
