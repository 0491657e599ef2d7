/** Parameters of argon2id (RFC 9106 §3.1): memory in KiB, passes, lanes. */
export type Argon2Cost = { memory: number; passes: number; parallelism: number };

export type PasswordHash = Argon2Cost & { salt: Buffer; hash: Buffer };

const FORMAT =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** As one string in the PHC format, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, base64 without padding. */
export function encodePhc({ memory, passes, parallelism, salt, hash }: PasswordHash): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
}

/** @throws Error for a string that `encodePhc` did not make */
export function decodePhc(text: string): PasswordHash {
  const match = FORMAT.exec(text);
  if (!match) throw new Error('not an argon2id hash');
  const [, memory, passes, parallelism, salt = '', hash = ''] = match;
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
