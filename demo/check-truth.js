// Checks the outputs of `tacet dedupe` against the truth that `tacet sample contacts` wrote: every
// contact is in exactly one output, the one its true verdict asks for, and the summary's counts add
// up. Contact ids are row numbers: C0000001 is row 1.
import { readFileSync } from 'node:fs';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: node demo/check-truth.js FOLDER');
const lines = (name) => readFileSync(`${folder}/${name}`, 'utf8').split('\n');
const summary = JSON.parse(readFileSync(`${folder}/summary.json`, 'utf8'));

/** Row number -> output. Callable rows carry no verdict, so both kinds of callable look alike. */
const split = new Map();
for (const name of ['callable', 'blocked', 'undecided']) {
  for (const line of lines(`${name}.csv`)) {
    const row = Number(/^C(\d+);/.exec(line)?.[1]);
    // A line inside a quoted note is not a new contact.
    if (Number.isNaN(row)) continue;
    if (split.has(row)) throw new Error(`contact ${row} is in two outputs`);
    split.set(row, name);
  }
}

const outputOf = {
  callable: 'callable',
  'callable-opt-in': 'callable',
  blocked: 'blocked',
  'not-covered': 'undecided',
  unreadable: 'undecided',
};
const counts = {
  callable: 0,
  'callable-opt-in': 0,
  blocked: 0,
  'not-covered': 0,
  unreadable: 0,
};
let rows = 0;
let wrong = 0;
for (const line of lines('truth.tsv').slice(1)) {
  if (line === '') continue;
  const [row, verdict] = line.split('\t');
  rows++;
  counts[verdict]++;
  if (split.get(Number(row)) !== outputOf[verdict]) wrong++;
}

const agrees = Object.entries(counts).every(
  ([verdict, count]) => summary[verdict.replaceAll('-', '_')] === count,
);
const reconciles =
  rows === summary.numbers &&
  split.size === rows &&
  rows === Object.values(counts).reduce((sum, count) => sum + count, 0);
console.log(`rows ${rows}, wrong ${wrong}, reconciles ${reconciles}, counts agree ${agrees}`);
if (wrong > 0 || !reconciles || !agrees) process.exitCode = 1;
