import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,services}/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    globalSetup: ['packages/common/runtime/test-postgres.ts'],
    // Every core: files wait more than they compute, and one is left out by default.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: ['default', './packages/dev-env/src/test-counts.ts'],
  },
});
