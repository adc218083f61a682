import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Random } from '#tacet/sample/random.js';
import { ListStore } from '#tacet/store/store.js';
import { verifyVersion } from '#tacet/store/verify.js';
import { withWriter } from '#tacet/store/writer.js';
import { WritingChild, writeLists } from './child.ts';
import { temporaryFolder } from './fixture.ts';

const KILLS = 80 * Number(process.env['TEST_SCALE'] ?? 1);
/** A child is killed after so many rounds at most, and some time into the next. */
const ROUNDS_MAX = 2;
const KILL_MS_MAX = 30;
const SEED = 20_261_124;

it(`survives ${KILLS} kills in the middle of writing`, async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'dncm');
  const lists = await writeLists(folder);
  const random = new Random(SEED, 1);
  let insideKills = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const what = `seed ${SEED}, kill ${kill}`;
    const child = new WritingChild(path, String(SEED + kill), lists);
    await child.rounds(random.below(ROUNDS_MAX + 1));
    // Not to wait for something, but to hit any moment of a round.
    await wait(random.below(KILL_MS_MAX * 10) / 10);
    await child.kill();
    const store = await ListStore.open(path);
    if (existsSync(store.file('lock'))) insideKills++;
    const current = await store.currentName();
    // The pointer names a version that is whole and plain, and all that is shown is whole.
    if (current !== undefined) {
      expect((await verifyVersion(store, current)).archived, what).toBe(false);
    }
    for (const { name } of await store.history()) await verifyVersion(store, name);
    // Whoever writes next can go on at once.
    await withWriter(store, 'look', async () => undefined, { waitMs: 2000 });
    expect(await store.currentName(), what).toBe(current);
    // Of all that died, but for a claim that names nobody yet: it is left for ten minutes.
    const left = readdirSync(join(path, 'tmp')).map((file) => join(path, 'tmp', file));
    expect(
      left.filter((file) => statSync(file).size > 0),
      what,
    ).toEqual([]);
  }
  expect(insideKills, 'kills that hit a writer at work').toBeGreaterThan(KILLS / 2);
}, 1_800_000);

it('is whole when several processes write to it at once', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'dncm');
  const lists = await writeLists(folder);
  const store = await ListStore.open(path, { create: true });
  const children = [1, 2, 3].map((seed) => new WritingChild(path, `${seed}`, lists, '200'));
  await Promise.all(children.map((child) => child.rounds(4)));
  // Between two writes: a kill may come between a move of the pointer and its line in the log.
  await withWriter(store, 'stop', async () => {
    for (const child of children) await child.kill();
  });
  const versions = await store.history();
  expect(versions.map(({ name }) => name)).toContain(await store.currentName());
  for (const { name } of versions) await verifyVersion(store, name);
  const log = readFileSync(store.file('log.jsonl'), 'utf8').trimEnd().split('\n');
  const moves = log.map((line) => JSON.parse(line)).filter(({ event }) => event === 'switched');
  // Each found the pointer where the one before had left it.
  expect(moves.map(({ before }) => before)).toEqual([
    null,
    ...moves.slice(0, -1).map(({ version }) => version),
  ]);
}, 60_000);
