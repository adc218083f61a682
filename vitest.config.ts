import { defineConfig } from 'vitest/config';

// The suite imports the built package (`#tacet/...` is `dist/...`): what is tested is what ships,
// worker threads included. `make test` builds first.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/system/**'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
