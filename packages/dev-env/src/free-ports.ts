import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * Below the range that systems take ports of outgoing connections from (Linux: 32768 on, RFC 6335: 49152 on), so that a
 * port stays free while the service that has it is down.
 */
const FROM = 10_240;
const TO = 32_768;

/** Different ports on 127.0.0.1 that nobody listens on, by TCP or UDP, at the moment. */
export async function takeFreePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomInt(FROM, TO);
    if (!found.has(port) && (await isFreeTcp(port)) && (await isFreeUdp(port))) found.add(port);
  }
  return [...found];
}

function isFreeTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function isFreeUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').once('error', () => resolve(false));
    socket.bind({ address: '127.0.0.1', port, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}
