import dgram from 'node:dgram';
import { createSeededRandom } from './seeded-random.ts';

export type LossyOptions = {
  /** The same seed gives the same fate to the same sequence of datagrams. */
  seed: number;
  /** Probability that a datagram is lost, comes twice, or comes after later ones. */
  loss?: number;
  duplicate?: number;
  reorder?: number;
  /** How long a datagram that is to come late is kept back. */
  lateMs?: number;
};

export type Fate = { deliverNow: number; deliverLate: number };

type SendCallback = (error: Error | null, bytes: number) => void;

/** What happens to the next datagram: how many copies go out now, and how many later. Pure but for `random`. */
export function fateOf({ loss = 0, duplicate = 0, reorder = 0 }: LossyOptions, random: () => number): Fate {
  // Always three draws, so that changing one probability leaves the other fates as they were.
  const [lossDraw, duplicateDraw, reorderDraw] = [random(), random(), random()];
  if (lossDraw < loss) return { deliverNow: 0, deliverLate: 0 };
  const copies = duplicateDraw < duplicate ? 2 : 1;
  return reorderDraw < reorder ? { deliverNow: copies - 1, deliverLate: 1 } : { deliverNow: copies, deliverLate: 0 };
}

/**
 * A dgram module for tests (`openUdpSocket({ dgram })`) whose sockets lose, double and reorder what they send. The
 * sockets are real otherwise. It covers `send(bytes, offset, length, port, address, callback)`, the form that
 * UdpSocket uses.
 */
export function createLossyDgram(options: LossyOptions): typeof dgram {
  const random = createSeededRandom(options.seed);
  function createSocket(...args: [dgram.SocketOptions]): dgram.Socket {
    const socket = dgram.createSocket(...args);
    const reallySend = socket.send.bind(socket);
    const late = new Set<NodeJS.Timeout>();
    socket.once('close', () => {
      for (const timer of late) clearTimeout(timer);
    });
    const send = (...[bytes, offset, length, port, address, callback]: SendArguments) => {
      const fate = fateOf(options, random);
      const deliver = () => reallySend(bytes, offset, length, port, address);
      for (let copy = 0; copy < fate.deliverNow; copy++) deliver();
      if (fate.deliverLate > 0) {
        const timer = setTimeout(() => {
          late.delete(timer);
          deliver();
        }, options.lateMs ?? 20);
        late.add(timer);
      }
      setImmediate(callback, null, length);
    };
    Object.defineProperty(socket, 'send', { value: send });
    return socket;
  }
  return Object.assign(Object.create(dgram), { createSocket });
}

type SendArguments = [Uint8Array, number, number, number, string, SendCallback];
