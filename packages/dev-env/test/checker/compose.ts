import type { Content } from './content.ts';
import type { Shape } from './plan.ts';

/** What escapes and encodings may stumble over. */
const ODD = ['\\', '\\n', '\n', '\t', '\u007f', '\u0085', 'ä€😀', '"', ' ', '/who'];

/** A content like no other: `n` makes it so. `isRich`: not for a line. */
export function compose(
  n: number,
  { shape, length, isRich }: { shape: Shape; length: number; isRich: boolean },
): Content {
  const odd = ODD[n % ODD.length] as string;
  const text = `${n} ${isRich ? odd : odd.replace('\n', '')}${'.'.repeat(length)}|`;
  if (!isRich || shape === 'text') return { text };
  return { data: shape === 'data' ? { n, text } : { base64: Buffer.from(text).toString('base64') } };
}
