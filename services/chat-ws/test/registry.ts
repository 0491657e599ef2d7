import type { DiscoveryMessage } from '@parley/common/contracts/discovery';
import { createKeyRing } from '@parley/common/runtime/key-ring';
import { decodeDatagram, encodeDatagram } from '@parley/common/wire/discovery-datagram';
import { openUdpSocket } from '@parley/net/udp-socket';

/** A registry that speaks the real datagrams and asks the test before it confirms what it is told. */
export async function startRegistry(secret: string, onTold: (message: DiscoveryMessage) => void | Promise<void>) {
  const keys = createKeyRing([secret]);
  const { id: keyId, key } = keys.signing('discovery');
  const socket = await openUdpSocket({ host: '127.0.0.1', port: 0 });

  async function serve(): Promise<void> {
    for await (const { bytes, from } of socket) {
      const { requestId, message, origin } = decodeDatagram(bytes, keys.verifying('discovery'));
      if (origin === undefined) continue;
      await onTold(message);
      const answer: DiscoveryMessage =
        message.type === 'locate' ? { type: 'found', instances: [], total: 0 } : { type: 'ok', leaseMs: 15_000 };
      const signing = { epoch: origin.epoch, sequence: origin.sequence, keyId, key };
      await socket.send(encodeDatagram({ requestId, confirmable: false, message: answer }, signing), from);
    }
  }
  void serve();
  return { url: `udp://127.0.0.1:${socket.address.port}`, close: () => socket.close() };
}
