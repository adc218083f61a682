import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Random } from '#tacet/sample/random.js';
import { ListStore } from '#tacet/store/store.js';
import { verifyVersion } from '#tacet/store/verify.js';
import { start, tacet } from '../../cli/commands.ts';
import { linesOf, PATH, serverWith, YESTERDAY_UNIX } from '../../sync/fetch/sftp/fixture.ts';
import { HOST_KEY, PASSWORD } from '../../sync/fetch/sftp/sftp-server.ts';

/** `make kills` plays 1,000. */
const KILLS = Number(process.env['KILLS'] ?? 50);
const SEED = Number(process.env['SEED'] ?? 20_261_127);
const ENTRIES = 60_000;
/** Runs that are timed, of which the longest counts. */
const TIMED = 3;
/** So that fetching takes about as long as the rest, and is hit as often. */
const READ_MS = 5;
/** Files of work in progress that a store may hold: of the last kill, not of all. */
const LEFTOVERS_MAX = 10;

/** How far a sync had come when it was killed, by what it left. */
type Phase = 'outside' | 'fetch' | 'pack' | 'guard' | 'switch';

/** What a store holds. */
interface State {
  readonly current: string | undefined;
  readonly entries: number;
  readonly listFiles: number;
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** Work in progress; an empty claim names nobody, and is left for ten minutes. */
function leftovers(store: ListStore): string[] {
  const found = ['tmp', 'incoming', 'incoming/tmp'].flatMap((name) => filesIn(store.file(name)));
  return found.filter((path) => !path.endsWith('incoming/tmp') && statSync(path).size > 0);
}

/** The state of a store that opens, and in which all that it shows is whole. */
async function stateOf(path: string): Promise<{ store: ListStore; state: State }> {
  const store = await ListStore.open(path);
  for (const { name } of await store.history()) await verifyVersion(store, name);
  const serving = await store.current();
  const listFiles = filesIn(store.file('versions')).filter((name) => name.endsWith('.tacet'));
  const state = { current: serving?.name, entries: serving?.entries ?? 0 };
  return { store, state: { ...state, listFiles: listFiles.length } };
}

function phaseOf(store: ListStore, before: State, after: State): Phase {
  const isInside = existsSync(store.file('lock'));
  if (before.current !== after.current) return isInside ? 'switch' : 'outside';
  if (!isInside) return existsSync(store.file('incoming/lock')) ? 'fetch' : 'outside';
  if (after.listFiles > before.listFiles) return 'switch';
  return existsSync(store.file('tmp/packed.tacet')) ? 'guard' : 'pack';
}

it(`survives ${KILLS} kills of tacet sync at any moment`, async () => {
  const { server, place } = await serverWith({ onRead: () => pause(READ_MS) });
  const flags = ['--store', place.store, '--from', server.address(PATH), '--keep-versions', '10'];
  const env = { TACET_SYNC_PASSWORD: PASSWORD, TACET_SYNC_HOST_KEY: HOST_KEY.fingerprint };
  const sync = (...more: readonly string[]) => tacet(['sync', ...flags, ...more], { env });
  let entries = ENTRIES;
  const grow = (): void => server.put(PATH, linesOf(++entries), YESTERDAY_UNIX);
  let tookMs = 0;
  for (let run = 0; run < TIMED; run++) {
    grow();
    const startedMs = performance.now();
    expect((await sync('--confirm-layout')).stderr).toBe('');
    tookMs = Math.max(tookMs, performance.now() - startedMs);
  }
  const random = new Random(SEED, 1);
  const phases: Record<Phase, number> = { outside: 0, fetch: 0, pack: 0, guard: 0, switch: 0 };
  let { state } = await stateOf(place.store);
  for (let kill = 0; kill < KILLS; kill++) {
    const what = `seed ${SEED}, kill ${kill}`;
    grow();
    const { child, ended } = start(['sync', ...flags], { env });
    // Not to wait for something, but to hit any moment of the run.
    await pause(random.below(Math.ceil(tookMs * 10)) / 10);
    child.kill('SIGKILL');
    await ended;
    const after = await stateOf(place.store);
    expect([state.entries, entries], what).toContain(after.state.entries);
    expect(leftovers(after.store).length, what).toBeLessThanOrEqual(LEFTOVERS_MAX);
    if (kill % 25 === 0) expect((await tacet(['list', 'history', place.store])).code).toBe(0);
    phases[phaseOf(after.store, state, after.state)]++;
    ({ state } = after);
  }
  console.log(`${KILLS} kills, seed ${SEED}, a run takes ${Math.round(tookMs)} ms:`, phases);
  const { code, stderr } = await sync();
  expect([code, stderr]).toEqual([0, '']);
  const last = await stateOf(place.store);
  expect(last.state.entries).toBe(entries);
  expect(leftovers(last.store)).toEqual([]);
  // The shorter phases are hit by chance, and among 1,000 kills for certain.
  const hit =
    KILLS < 1_000 ? (['fetch', 'pack'] as const) : (['fetch', 'pack', 'guard', 'switch'] as const);
  for (const phase of hit) expect(phases[phase], phase).toBeGreaterThan(0);
}, 3_600_000);
