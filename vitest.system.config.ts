import { defineConfig } from 'vitest/config';

// Tests against real neighbours, with what test/system/install.sh installs: `make test-system`.
export default defineConfig({
  test: {
    include: ['test/system/**/*.test.ts'],
    pool: 'forks',
    // One at a time: rates are printed, and the machines that run this are small.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
