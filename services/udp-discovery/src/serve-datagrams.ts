import type { Logger } from '@parley/common/runtime/logger';
import type { ReceivedDatagram } from '@parley/net/datagram-queue';
import type { UdpSocket } from '@parley/net/udp-socket';

/** The answer to one datagram; undefined: none. */
export type AnswerDatagram = (datagram: ReceivedDatagram) => Uint8Array | undefined;

/**
 * Answers what comes in on a socket until it is closed. What goes wrong with one datagram is logged with its sender
 * and ends there.
 */
export async function serveDatagrams(socket: UdpSocket, answer: AnswerDatagram, log: Logger): Promise<void> {
  for await (const datagram of socket) {
    try {
      const bytes = answer(datagram);
      if (bytes) await socket.send(bytes, datagram.from);
    } catch (err) {
      log.warn({ err, peer: datagram.from }, 'a datagram could not be answered');
    }
  }
}
