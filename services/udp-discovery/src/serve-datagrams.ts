import type { Logger } from '@parley/common/runtime/logger';
import type { ReceivedDatagram } from '@parley/net/datagram-queue';
import type { UdpSocket } from '@parley/net/udp-socket';

/** The answer to one datagram; undefined: none. */
export type AnswerDatagram = (datagram: ReceivedDatagram) => Uint8Array | undefined;

/**
 * Answers what comes in on a socket until it is closed. What goes wrong with one datagram is logged with its sender
 * and ends there; an answer that cannot be sent is no news, as anybody can forge a sender that cannot be reached.
 */
export async function serveDatagrams(socket: UdpSocket, answer: AnswerDatagram, log: Logger): Promise<void> {
  for await (const datagram of socket) {
    const peer = datagram.from;
    let bytes: Uint8Array | undefined;
    try {
      bytes = answer(datagram);
    } catch (err) {
      log.error({ err, peer }, 'a datagram could not be answered');
    }
    if (!bytes) continue;
    await socket.send(bytes, peer).catch((err: unknown) => log.debug({ err, peer }, 'an answer could not be sent'));
  }
}
