/**
 * Keys for posts that came without one. `origin`: random bytes of this process, so that no two processes ever give the
 * same key to one sender.
 */
export function createKeyMaker(origin: Uint8Array): () => string {
  const prefix = `gw-${Buffer.from(origin).toString('base64url')}-`;
  let count = 0;
  return () => {
    count += 1;
    return prefix + count.toString(36);
  };
}
