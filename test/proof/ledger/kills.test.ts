import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseCheckpoint } from '#tacet/proof/format/checkpoint.js';
import { parseNote } from '#tacet/proof/format/note.js';
import { GrowingTree } from '#tacet/proof/format/tree.js';
import { verifyLedger, walk, withLedger } from '#tacet/proof/ledger/walk.js';
import { Random } from '#tacet/sample/random.js';
import { startProcess } from '../../cli/commands.ts';
import { newLedger, openLedger } from '../new-ledger.ts';

/** `LEDGER_KILLS=1000` for a long run. */
const KILLS = Number(process.env['LEDGER_KILLS'] ?? 15);
const SEED = Number(process.env['SEED'] ?? 20_261_127);
const ANSWERS_MAX = 12;
const AFTER_MS_MAX = 10;
const APPENDER = fileURLToPath(new URL('appender.mjs', import.meta.url));

interface Answer {
  readonly index: number;
  readonly id: string;
  readonly checkpoint: string;
}

/** Lines that are whole: the last one may be cut by the kill. */
function answersIn(stdout: string): Answer[] {
  const lines = stdout.split('\n').slice(0, -1);
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Answer);
}

/** What was under way when it was killed, by what it left. */
function leftIn(directory: string): string {
  if (existsSync(join(directory, 'tmp', 'checkpoint'))) return 'checkpoint';
  return statSync(join(directory, 'entries.log')).size > 0 ? 'other' : 'none';
}

it(`after ${KILLS} kills no answered entry is lost and no head is forked`, async () => {
  const ledger = await newLedger();
  const { directory } = ledger;
  await ledger.close();
  const random = new Random(SEED, 1);
  const answered: Answer[] = [];
  const left: Record<string, number> = {};
  let unsigned = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const { child, ended, stdout } = startProcess(process.execPath, [APPENDER, directory]);
    const wanted = 1 + random.below(ANSWERS_MAX);
    while (answersIn(stdout()).length < wanted && child.exitCode === null) {
      await Promise.race([once(child.stdout ?? child, 'data'), ended]);
    }
    // Not to wait for something, but to hit any moment of a commit.
    await pause(random.below(AFTER_MS_MAX * 10) / 10);
    child.kill('SIGKILL');
    const { stderr, signal } = await ended;
    expect([signal, stderr], `kill ${kill} of seed ${SEED}`).toEqual(['SIGKILL', '']);
    answered.push(...answersIn(stdout()));
    const was = parseCheckpoint(
      parseNote(readFileSync(join(directory, 'checkpoint'), 'utf8')).text,
    );
    const phase = leftIn(directory);
    left[phase] = (left[phase] ?? 0) + 1;
    const reopened = await openLedger(directory);
    if (reopened.size > was.size) unsigned++;
    await reopened.close();
  }
  await withLedger(directory, verifyLedger);
  const tree = new GrowingTree();
  const ids: string[] = [];
  const roots = new Map<number, string>();
  await withLedger(directory, async (read) => {
    for await (const { leaf, leafHash } of walk(read)) {
      ids.push(leaf?.id ?? '');
      tree.add(leafHash);
      roots.set(tree.size, tree.root().toString('hex'));
    }
  });
  for (const { index, id, checkpoint } of answered) {
    expect(ids[index], `seed ${SEED}`).toBe(id);
    const { size, root } = parseCheckpoint(parseNote(checkpoint).text);
    expect(root.toString('hex'), `seed ${SEED}, head ${size}`).toBe(roots.get(size));
  }
  console.log(`${KILLS} kills, seed ${SEED}: ${answered.length} answered of ${ids.length},`, {
    ...left,
    unsigned,
  });
  expect(answered.length).toBeGreaterThan(KILLS);
}, 3_600_000);
