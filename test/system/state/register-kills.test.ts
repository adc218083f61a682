import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { Random } from '#tacet/sample/random.js';
import { RegisterDesk } from '#tacet/state/desk/desk.js';
import { openState } from '#tacet/state/state.js';
import { Folder } from '../../cli/commands.ts';
import { ROOT } from '../../deploy/dashboards.ts';

/** `make kills` plays 1,000. */
const KILLS = Number(process.env['KILLS'] ?? 50);
const SEED = Number(process.env['SEED'] ?? 20_261_128);
/** Numbers of one edit, which are there together or not at all. */
const NUMBERS = 10;
/** How long edits go on before the kill. */
const EDITING_MS_MAX = 60;

const folder = new Folder();
afterAll(() => folder.remove());

const DIST = join(ROOT, 'dist');

/** Edits one after another from the round `first` on, and says which are acknowledged. */
const EDITOR = `
const [location, first] = process.argv.slice(2);
const { openState } = await import('${DIST}/state/state.js');
const { RegisterDesk } = await import('${DIST}/state/desk/desk.js');
const { editMessage } = await import('${DIST}/wire/registers/edit.js');
const state = await openState(location, { create: true, groupMs: 0 });
const desk = new RegisterDesk(state, 'BE');
for (let round = Number(first); ; round++) {
  const phoneNumbers = Array.from({ length: ${NUMBERS} }, (_, index) =>
    '+32475' + String(round * ${NUMBERS} + index).padStart(6, '0'));
  const edit = { register: 'objections', advertiser: '*', operation: 'add', phoneNumbers };
  process.stdout.write('began ' + round + '\\n');
  await desk.edit(editMessage({ ...edit, requestId: 'round-' + round }));
  process.stdout.write('done ' + round + '\\n');
}
`;

// A file, since its threads could not start from a text.
const editor = folder.write('editor.mjs', EDITOR);

/** Lets the editor work for a while, then kills it; which rounds it began and which it did. */
async function edited(location: string, first: number, editingMs: number) {
  const args = [editor, location, String(first)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const rounds = { began: first - 1, done: first - 1 };
  let isKilled = false;
  for await (const line of createInterface({ input: child.stdout })) {
    const [, word, round] = /^(began|done) (\d+)$/.exec(line) ?? [];
    if (word === 'began' || word === 'done') rounds[word] = Number(round);
    // From the first that was done: the start of the editor is no part of it.
    if (isKilled || word !== 'done') continue;
    isKilled = true;
    void pause(editingMs).then(() => child.kill('SIGKILL'));
  }
  await closed;
  return rounds;
}

/** How many numbers of each round stand. */
async function standing(location: string): Promise<Map<number, number>> {
  const state = await openState(location);
  const counts = new Map<number, number>();
  const of = { register: 'objections', advertiser: '*' };
  for await (const page of new RegisterDesk(state, 'BE').export(of, () => true)) {
    for (const { e164 } of page) {
      const round = Math.floor(Number(e164.slice(6)) / NUMBERS);
      counts.set(round, (counts.get(round) ?? 0) + 1);
    }
  }
  await state.close();
  return counts;
}

it(
  `survives ${KILLS} kills between and within edits of a register`,
  async () => {
    const location = folder.file('state');
    const random = new Random(SEED, 1);
    const acknowledged = new Set<number>();
    let next = 0;
    let cut = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const what = `seed ${SEED}, kill ${kill}`;
      const first = next;
      const { began, done } = await edited(location, first, random.below(EDITING_MS_MAX));
      for (let round = first; round <= done; round++) acknowledged.add(round);
      if (began > done) cut++;
      // A round that was cut is not asked again: it is there whole, or not at all.
      next = began + 1;
      const counts = await standing(location);
      const lost = [...acknowledged].filter((round) => !counts.has(round));
      const halves = [...counts].filter(([, count]) => count !== NUMBERS);
      expect({ what, lost, halves }).toEqual({ what, lost: [], halves: [] });
    }
    // Otherwise the kills came at the wrong moments.
    expect(acknowledged.size).toBeGreaterThan(KILLS);
    expect(cut).toBeGreaterThan(KILLS / 4);
  },
  30_000 + KILLS * 10_000,
);
