import { readFileSync } from 'node:fs';

/** The golden vectors of a codec, for its test. T describes the file; the files are ours. */
export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8')) as T;
}

export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

/** A stream cut in two at every place, byte by byte, and whole. */
export function splits(stream: Buffer): Buffer[][] {
  const inTwo = Array.from({ length: stream.length + 1 }, (_, at) => [stream.subarray(0, at), stream.subarray(at)]);
  return [[stream], Array.from(stream, (byte) => Buffer.of(byte)), ...inTwo];
}
