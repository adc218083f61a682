import { defineConfig } from 'vitest/config';

/** Tests that measure how others are served meanwhile: nothing may run beside them. */
const ALONE = [
  'test/system/faults/**/*.test.ts',
  'test/system/replicas/**/*.test.ts',
  'test/system/server-faults.test.ts',
  'test/system/monitoring/overview.test.ts',
];

const shared = { pool: 'forks', testTimeout: 120_000, hookTimeout: 120_000 } as const;

// Tests against real neighbours, with what test/system/install.sh installs: `make test-system`.
export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'alone', include: ALONE, fileParallelism: false } },
      {
        test: {
          ...shared,
          name: 'beside',
          include: ['test/system/**/*.test.ts'],
          exclude: ALONE,
          // Most of them wait for processes of their own.
          maxWorkers: 2,
        },
      },
    ],
  },
});
