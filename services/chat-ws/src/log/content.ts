import { hash } from 'node:crypto';

/** Hex digits of a content hash: 132 bits, only compared with others of the same room, sender and key. */
const HASH_LENGTH = 33;

/** Tells whether a repeated key comes with the same content. `text` or `data` (as JSON), the other one null. */
export function contentHash(text: string | null, data: string | null): string {
  return hash('sha256', text === null ? `d${data}` : `t${text}`, 'hex').slice(0, HASH_LENGTH);
}

/** The same for a change; it equals no post's. */
export function changeHash(of: number, text: string | null): string {
  return hash('sha256', text === null ? `x${of}` : `e${of}:${text}`, 'hex').slice(0, HASH_LENGTH);
}

/** Whether two hashes are of the same content; those stored before November 2026 are the same 132 bits in base64url. */
export function isSameContent(stored: string, hashed: string): boolean {
  return stored === hashed || stored === Buffer.from(`${hashed}0`, 'hex').toString('base64url').slice(0, 22);
}

/** A post's content as it is stored; `data: null` is JSON too. */
export function contentColumns({ text, data }: { text?: string; data?: unknown }): [string | null, string | null] {
  return text === undefined ? [null, JSON.stringify(data)] : [text, null];
}
