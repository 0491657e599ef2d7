/**
 * What these tests do by chance comes from one number: `PARLEY_FUZZ_SEED` repeats a run, `PARLEY_FUZZ_TIMES` makes it so many times as
 * long.
 */
export const seed = Number(process.env.PARLEY_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
export const times = Number(process.env.PARLEY_FUZZ_TIMES ?? 1);

process.stdout.write(`hostile: PARLEY_FUZZ_SEED=${seed} PARLEY_FUZZ_TIMES=${times}\n`);

export type Chance = {
  /** An integer from 0 up to, not including, `end`. */
  below(end: number): number;
  pick<T>(of: readonly T[]): T;
  bytes(length: number): Buffer;
};

/** Numbers by mulberry32, a series for each `name`: one test's do not depend on which others run. */
export function chance(name: string): Chance {
  let state = seed >>> 0;
  for (const character of name) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (end: number) => next() % end;
  return {
    below,
    pick: (of) => of[below(of.length)]!,
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  };
}
