import type { IncomingMessage } from 'node:http';
import type { PerMessageDeflateOptions } from 'ws';

/** Least window that the server compresses with: 2^10 bytes. */
const windowBits = 10;

/**
 * Compression of messages (RFC 7692), one by one: what was compressed before is not kept, so that a connection holds no more than a small
 * window and zlib's own state, and that only once it has sent or got a message worth compressing. zlib takes 2^(windowBits + 2) +
 * 2^(memLevel + 9) bytes to compress and about 40 KiB to decompress, and a chunk of each kind.
 */
export const deflateOptions: PerMessageDeflateOptions = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: windowBits,
  zlibDeflateOptions: { memLevel: 5, chunkSize: 4 * 1024 },
  zlibInflateOptions: { chunkSize: 4 * 1024 },
  /** Bytes below which a message is sent as it is. */
  threshold: 1_024,
  /** zlib calls at once, of all connections. */
  concurrencyLimit: 10,
};

/** An offer of compression with a window that is smaller than ours is declined (RFC 7692 §5), where `ws` would refuse the client. */
export function declineSmallWindow({ headers }: Pick<IncomingMessage, 'headers'>): void {
  const offer = headers['sec-websocket-extensions'];
  if (/server_max_window_bits\s*=\s*"?[89]\b/.test(offer ?? '')) delete headers['sec-websocket-extensions'];
}
