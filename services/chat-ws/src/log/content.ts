import { hash } from 'node:crypto';

/** Characters of a content hash: 128 bits, only compared with others of the same room, sender and key. */
const HASH_LENGTH = 32;

/** Tells whether a repeated key comes with the same content. `text` or `data` (as JSON), the other one null. */
export function contentHash(text: string | null, data: string | null): string {
  return hash('sha256', text === null ? `d${data}` : `t${text}`, 'hex').slice(0, HASH_LENGTH);
}

/** The same for a change; it equals no post's. */
export function changeHash(of: number, text: string | null): string {
  return hash('sha256', text === null ? `x${of}` : `e${of}:${text}`, 'hex').slice(0, HASH_LENGTH);
}

/** A post's content as it is stored; `data: null` is JSON too. */
export function contentColumns({ text, data }: { text?: string; data?: unknown }): [string | null, string | null] {
  return text === undefined ? [null, JSON.stringify(data)] : [text, null];
}
