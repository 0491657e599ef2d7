import { closeCodes } from '@parley/common/contracts/chat/close-code';

/** The close codes that `ws` answers bytes with that are no good (RFC 6455 §7.4.1), where that is not 1002. */
const codes: Record<string, number> = {
  WS_ERR_INVALID_UTF8: closeCodes.invalidData,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: closeCodes.tooBig,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: closeCodes.tooBig,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: closeCodes.policy,
};

/** With which code a connection was closed after this error; undefined: it broke, and nobody was told anything. */
export function closeCodeOf(err: Error & { code?: unknown }): number | undefined {
  if (typeof err.code !== 'string') return undefined;
  // Compressed data that zlib cannot make anything of.
  if (err.code.startsWith('Z_')) return closeCodes.invalidData;
  return err.code.startsWith('WS_ERR_') ? (codes[err.code] ?? closeCodes.protocolError) : undefined;
}

/** Counts a connection that `ws` has closed for what came over it. */
export function countFrameError(err: Error, closed: { inc(labels: { code: string }): void }): void {
  const code = closeCodeOf(err);
  if (code !== undefined) closed.inc({ code: String(code) });
}
