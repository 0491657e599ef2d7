import { tlsHandshakeByte } from '@parley/net/first-bytes';

export type Protocol = 'tls' | 'frames' | 'lines';

/** The highest byte of the first frame's length: that frame is under 16 MiB. */
const shortFrame = 0x00;

/** What a client speaks, by the first byte that it sends. */
export function protocolOf(firstByte: number): Protocol {
  if (firstByte === tlsHandshakeByte) return 'tls';
  return firstByte === shortFrame ? 'frames' : 'lines';
}
