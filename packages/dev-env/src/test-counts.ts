import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a test run's output with one line, `N passed, N failed`, for people and for `.ci/run`. What failed outside of
 * any test (a file that cannot be loaded, an error that nobody caught) counts as a failed one.
 */
export default class TestCounts implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      count.failed += module.errors().length;
      for (const test of module.children.allTests()) count[test.result().state] += 1;
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
    }
    const skipped = count.skipped + count.pending;
    process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped ? `, ${skipped} skipped` : ''}\n`);
  }
}
