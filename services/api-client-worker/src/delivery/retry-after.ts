/**
 * How long `Retry-After` (RFC 9110 §10.2.3: seconds or a date) asks to wait, in ms, at most `maxMs`; undefined when it
 * says nothing that can be read, or nothing but the past.
 */
export function retryAfterMs(header: string | undefined, now: number, maxMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d{1,15}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return ms > 0 ? Math.min(ms, maxMs) : undefined;
}
