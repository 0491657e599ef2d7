import { ByteStore } from './byte-store.ts';

/** Unsigned 32-bit big-endian length before each payload. */
const frameHeaderBytes = 4;

/** A frame's payload (a view into the chunk where possible: use it before the next turn or copy it), or the length that was refused. */
export type Frame = { payload: Buffer } | { tooLarge: number };

/**
 * Cuts a stream into length-prefixed frames, wherever the stream is split. A length over `maxBytes` is refused when
 * its header is there, before any of its payload is kept; the stream cannot be read on from there, so everything after it is ignored.
 */
export class FrameDecoder {
  readonly #maxBytes: number;
  readonly #pending = new ByteStore();
  #broken = false;

  constructor({ maxBytes }: { maxBytes: number }) {
    this.#maxBytes = maxBytes;
  }

  /** Whether the stream, if it ended now, would have been cut inside a frame. */
  get incomplete(): boolean {
    return this.#pending.length > 0;
  }

  /** Takes the next bytes of the stream, gives the frames that they complete. */
  feed(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let rest: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (!this.#broken && this.#pending.length > 0) rest = this.#fillPending(rest, frames);
    while (!this.#broken && rest.length >= frameHeaderBytes) {
      const length = this.#accept(rest.readUInt32BE(0), frames);
      if (length === undefined || rest.length < frameHeaderBytes + length) break;
      frames.push({ payload: rest.subarray(frameHeaderBytes, frameHeaderBytes + length) });
      rest = rest.subarray(frameHeaderBytes + length);
    }
    if (!this.#broken && rest.length > 0) this.#pending.append(rest);
    return frames;
  }

  /** Completes the frame that an earlier chunk began; gives what is left of this chunk. */
  #fillPending(chunk: Buffer, frames: Frame[]): Buffer {
    const rest = this.#fillTo(frameHeaderBytes, chunk);
    if (this.#pending.length < frameHeaderBytes) return rest;
    const length = this.#accept(this.#pending.view().readUInt32BE(0), frames);
    if (length === undefined) return rest;
    const left = this.#fillTo(frameHeaderBytes + length, rest);
    if (this.#pending.length === frameHeaderBytes + length) {
      frames.push({ payload: this.#pending.take().subarray(frameHeaderBytes) });
    }
    return left;
  }

  #fillTo(size: number, chunk: Buffer): Buffer {
    const missing = Math.max(0, size - this.#pending.length);
    this.#pending.append(chunk.subarray(0, missing));
    return chunk.subarray(missing);
  }

  #accept(length: number, frames: Frame[]): number | undefined {
    if (length <= this.#maxBytes) return length;
    this.#broken = true;
    this.#pending.clear();
    frames.push({ tooLarge: length });
    return undefined;
  }
}

/** One frame with this payload (text as UTF-8). */
export function encodeFrame(payload: Uint8Array | string): Buffer {
  const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const frame = Buffer.allocUnsafe(frameHeaderBytes + length);
  frame.writeUInt32BE(length, 0);
  if (typeof payload === 'string') frame.write(payload, frameHeaderBytes);
  else frame.set(payload, frameHeaderBytes);
  return frame;
}
