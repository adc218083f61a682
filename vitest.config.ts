import { defineConfig } from 'vitest/config';

// The suite imports the built package (`#tacet/...` is `dist/...`): what is tested is what ships,
// worker threads included. `make test` builds first.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/system/**'],
    pool: 'forks',
    // Most files wait for processes of their own; one worker a core keeps them apart enough.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
