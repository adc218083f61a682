import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, expect, it } from 'vitest';
import { CoverageWatch } from '#tacet/access/coverage/coverage-watch.js';
import { Stops } from '#tacet/access/limits/stops.js';
import { sampleKeys } from '#tacet/sample/numbers.js';
import type { State } from '#tacet/state/state.js';
import { Folder, until } from '../../cli/commands.ts';
import { Opened } from '../fixture.ts';

const folder = new Folder();
const opened = new Opened(folder);
afterEach(() => opened.close());
afterAll(() => folder.remove());

const COUNT = 10_000;
const keys = new DataView(
  BigUint64Array.from(sampleKeys({ seed: 4, count: COUNT }), BigInt).buffer,
);
const subject = 'party:acme';
const saved = (state: State) => state.run('sightings', { subject, prefix: '' });

/** A watch of a server that has heard of nothing new, and has been asked; and its state. */
async function asked(place: string) {
  const told = { commits: 0 };
  const observer = { committed: () => told.commits++, failed: () => undefined };
  const state = await opened.state(place, { observer });
  const stops = opened.add(await Stops.open(state, { pollMs: 3_600_000 }));
  const watch = opened.add(await CoverageWatch.open(state, stops));
  watch.observe('acme', keys, { at: 0, count: COUNT });
  await until('the first save', async () => (await saved(state)).length === 1);
  return { state, watch, told };
}

it('what a party has asked is saved, and not again if nothing is new', async () => {
  const { watch, told } = await asked(folder.file('again'));
  expect(watch.unsaved).toBe(0);
  const { commits } = told;
  watch.observe('acme', keys, { at: 0, count: COUNT });
  await watch.close();
  expect(told.commits).toBe(commits);
});

it('a release holds against what a server saves that has not heard of it', async () => {
  const place = folder.file('released');
  const { state, watch } = await asked(place);
  const person = await opened.state(place, { serve: false });
  const entry = { id: randomUUID(), atMs: 1, subject, by: 'An', reason: 'a test' };
  await person.run('stop', { ...entry, releasedMs: 0 });
  await person.run('release', { ...entry, id: randomUUID() });
  watch.observe('acme', keys, { at: 8, count: COUNT - 1 });
  await watch.close();
  expect(await saved(state)).toEqual([]);
});

it('what cannot be saved is told', async () => {
  const state = await opened.state();
  const stops = opened.add(await Stops.open(state, { pollMs: 3_600_000 }));
  const watch = opened.add(await CoverageWatch.open(state, stops));
  await state.close();
  watch.observe('acme', keys, { at: 0, count: COUNT });
  await watch.close();
  expect(watch.unsaved).toBe(1);
});
