/** 128 random bits. Not `crypto.randomUUID`, which browsers have on pages of https and localhost only. */
export function createPostKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
