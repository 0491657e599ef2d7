/**
 * When a key signs and how long it is published; pure. A key's life:
 * made and published → (after the lead) signs → (when the next one signs) only verifies → (when its last token is dead) gone.
 */
export type ScheduledKey = {
  /** Counts from 1, in the order of `signsFrom`. */
  generation: number;
  /** Milliseconds since 1970. */
  signsFrom: number;
  /** Whether its private key can be read here. */
  canSign: boolean;
};

export type KeyTimes = {
  /** From one key's first signature to the next one's. */
  rotateMs: number;
  /** From publishing to the first signature. */
  leadMs: number;
  /** From the last signature to the death of the last token. */
  keepMs: number;
};

export type KeySchedule<Key extends ScheduledKey> = {
  signing: Key | undefined;
  published: Key[];
  dead: Key[];
  /** The key that has to be made now. */
  next: { generation: number; signsFrom: number } | undefined;
};

/** What `keys`, in the order of their generations, are to do at `now`. */
export function scheduleKeys<Key extends ScheduledKey>(keys: Key[], now: number, times: KeyTimes): KeySchedule<Key> {
  const signing = keys.findLast(({ canSign, signsFrom }) => canSign && signsFrom <= now);
  const dead = keys.filter((key, i) => {
    const successor = keys[i + 1];
    return key !== signing && successor !== undefined && successor.signsFrom + times.keepMs <= now;
  });
  const published = keys.filter((key) => !dead.includes(key));
  return { signing, published, dead, next: nextKey(keys.at(-1), signing !== undefined, now, times) };
}

function nextKey(newest: ScheduledKey | undefined, hasSigning: boolean, now: number, { rotateMs, leadMs }: KeyTimes) {
  const generation = (newest?.generation ?? 0) + 1;
  if (!newest || !hasSigning) return { generation, signsFrom: now };
  const due = newest.signsFrom + rotateMs;
  return due - leadMs <= now ? { generation, signsFrom: Math.max(due, now + leadMs) } : undefined;
}
