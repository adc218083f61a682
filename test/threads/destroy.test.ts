import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const POOL = pathToFileURL(createRequire(import.meta.url).resolve('#tacet/threads/pool.js')).href;

it('destroying a pool while its threads start does not abort the process', () => {
  // Node 20 aborts in about one of a hundred if threads load the worker with require.
  const script = `
    import { MatchPool } from ${JSON.stringify(POOL)};
    for (let ms = 0; ms < 60; ms++) {
      const pool = new MatchPool({ workers: 2 });
      await new Promise((resolve) => setTimeout(resolve, ms));
      await pool.destroy();
    }
    console.log('all destroyed');`;
  for (let round = 0; round < 2; round++) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', script],
      { encoding: 'utf8' },
    );
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: 'all destroyed\n',
      stderr: '',
    });
  }
});
