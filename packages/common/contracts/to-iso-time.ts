let lastSecond = Number.NaN;
/** How the times of that second begin: up to the point before the milliseconds. */
let beginning = '';

/**
 * Whole ms since 1970 as `Date.prototype.toISOString` writes them. Times of messages are written twice for each, and most are of the same
 * second as the one before: only the milliseconds are new then.
 * @throws RangeError for what is no time
 */
export function toIsoTime(ms: number): string {
  const second = Math.floor(ms / 1_000);
  if (second !== lastSecond) {
    beginning = new Date(second * 1_000).toISOString().slice(0, -'000Z'.length);
    lastSecond = second;
  }
  return `${beginning}${String(ms - second * 1_000).padStart(3, '0')}Z`;
}
