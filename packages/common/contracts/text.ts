import { z } from 'zod';

/** U+0000 cannot be stored as text by PostgreSQL, and a lone surrogate cannot be encoded as UTF-8. */
export function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

const notStorable = 'must be well-formed Unicode without U+0000';

/** A string that every transport can carry and every database can keep. Lengths are in UTF-16 units. */
export function storableText({ min = 0, max }: { min?: number; max?: number } = {}): z.ZodString {
  const bounded = max === undefined ? z.string().min(min) : z.string().min(min).max(max);
  return bounded.refine(isStorableText, notStorable);
}

/** ISO 8601 in UTC, as `Date.prototype.toISOString` writes it. */
export const isoTime = z.iso.datetime();
