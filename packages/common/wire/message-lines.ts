import { type Line, LineDecoder, type LineLimits } from './lines.ts';

/** A message is decoded in slices, so that one of many tiny lines is not held as as many objects. */
const sliceBytes = 4096;

/**
 * The lines of one WebSocket text message, made as they are asked for. There is at least one, and the end of the last one may be
 * missing: `HELLO`, `HELLO\n` and `HELLO\r\n` are the same line, an empty message is an empty one.
 */
export function* messageLines(message: Uint8Array, limits: LineLimits): Generator<Line, void> {
  if (message.length === 0) yield { text: '' };
  const decoder = new LineDecoder(limits);
  for (let at = 0; at < message.length; at += sliceBytes) yield* decoder.feed(message.subarray(at, at + sliceBytes));
  yield* decoder.end();
}
