export type Protocol = 'tls' | 'frames' | 'lines';

/** A TLS record of type handshake (RFC 8446 §5.1). */
const tlsHandshake = 0x16;

/** The highest byte of the first frame's length: that frame is under 16 MiB. */
const shortFrame = 0x00;

/** What a client speaks, by the first byte that it sends. */
export function protocolOf(firstByte: number): Protocol {
  if (firstByte === tlsHandshake) return 'tls';
  return firstByte === shortFrame ? 'frames' : 'lines';
}
