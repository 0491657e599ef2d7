/**
 * For a test that finds that something is missing which it needs of the machine: it is skipped, or fails when
 * `PARLEY_TEST_REQUIRE_SERVICES=1`.
 */
export function skipOrFail(skip: (note: string) => never, missing: string): never {
  if (process.env.PARLEY_TEST_REQUIRE_SERVICES === '1') {
    throw new Error(`${missing}, and PARLEY_TEST_REQUIRE_SERVICES is set`);
  }
  return skip(missing);
}
