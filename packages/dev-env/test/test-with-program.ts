import { spawnSync } from 'node:child_process';
import { test } from 'vitest';

/**
 * A test that runs a program of the system. Where there is none it is skipped, or fails when
 * `PARLEY_TEST_REQUIRE_SERVICES=1`.
 */
export function testWithProgram(program: string, name: string, run: () => Promise<void>): void {
  const isMissing = spawnSync(program, ['-v'], { timeout: 10_000 }).error !== undefined;
  const isRequired = process.env.PARLEY_TEST_REQUIRE_SERVICES === '1';
  if (isMissing && !isRequired) test.skip(`${name} (${program} is not installed)`, run);
  else test(name, run);
}
