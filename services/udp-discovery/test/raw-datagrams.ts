import type { DiscoveryMessage } from '@parley/common/contracts/discovery';
import type { KeyRing } from '@parley/common/runtime/key-ring';
import { decodeDatagram, encodeDatagram, type ReceivedDatagram } from '@parley/common/wire/discovery-datagram';
import { RequestStamps } from '@parley/net/request-stamps';
import type { UdpSocket } from '@parley/net/udp-socket';
import { keys } from './start-discovery.ts';

const stamps = new RequestStamps();
let requestId = 0;

export function signed(message: DiscoveryMessage, ring: KeyRing = keys): Buffer {
  const { id: keyId, key } = ring.signing('discovery');
  requestId += 1;
  return encodeDatagram({ requestId, confirmable: true, message }, { ...stamps.next(Date.now()), keyId, key });
}

export function unsigned(message: DiscoveryMessage): Buffer {
  requestId += 1;
  return encodeDatagram({ requestId, confirmable: true, message });
}

/** Sends bytes to the registry and reads the one answer. */
export async function ask(
  socket: UdpSocket,
  port: number,
  bytes: Uint8Array,
): Promise<ReceivedDatagram & { bytes: number }> {
  await socket.send(bytes, { address: '127.0.0.1', port });
  const answer = await socket.receive(2000);
  if (!answer) throw new Error('the socket was closed');
  return { ...decodeDatagram(answer.bytes, keys.verifying('discovery')), bytes: answer.bytes.length };
}
