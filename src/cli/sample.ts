import { brusselsDay } from '../calendar/brussels.ts';
import { writeSampleContacts } from '../sample/contacts.ts';
import { writeSampleList } from '../sample/list.ts';
import { type Command, EXIT_DONE, readArguments, readCount, readDay, usage } from './arguments.ts';

/** `tacet sample`: synthetic data that looks like Belgium; the real list is licensed. */
export const command: Command = {
  help: `Usage: tacet sample list --rows N --seed S [--out F] [--snapshot YYYY-MM-DD]
       tacet sample contacts --rows N --seed S --list LIST.txt [--out F] [--truth F.tsv]

Writes a synthetic list, or a synthetic contact file for such a list. The same options and seed
give the same bytes.

  --rows N                how many lines, or contacts
  --seed S                any whole number
  --out F                 default standard output
  --snapshot YYYY-MM-DD   list: newest registration (default yesterday in Brussels)
  --list LIST.txt         contacts: the list they are drawn from
  --truth F.tsv           contacts: the verdict of each row, found in another, slow way`,
  async run(args) {
    const [kind, ...rest] = args;
    if (kind === 'list') await sampleList(rest);
    else if (kind === 'contacts') await sampleContacts(rest);
    else throw usage('tacet sample takes "list" or "contacts"');
    return EXIT_DONE;
  },
};

const ROWS = { min: 1, max: 1_000_000_000 };
const SEEDS = { min: 0, max: Number.MAX_SAFE_INTEGER };

function required(text: string | undefined, name: string): string {
  if (text === undefined) throw usage(`--${name} is missing`);
  return text;
}

async function sampleList(args: readonly string[]): Promise<void> {
  const { values, positionals } = readArguments(args, {
    rows: { type: 'string' },
    seed: { type: 'string' },
    out: { type: 'string' },
    snapshot: { type: 'string' },
  });
  if (positionals.length > 0) throw usage(`unexpected argument "${positionals[0]}"`);
  await writeSampleList({
    rows: readCount(required(values.rows, 'rows'), 'rows', ROWS),
    seed: readCount(required(values.seed, 'seed'), 'seed', SEEDS),
    snapshotDay:
      values.snapshot === undefined
        ? brusselsDay(Date.now()) - 1
        : readDay(values.snapshot, 'snapshot'),
    out: values.out,
  });
}

async function sampleContacts(args: readonly string[]): Promise<void> {
  const { values, positionals } = readArguments(args, {
    rows: { type: 'string' },
    seed: { type: 'string' },
    list: { type: 'string' },
    out: { type: 'string' },
    truth: { type: 'string' },
  });
  if (positionals.length > 0) throw usage(`unexpected argument "${positionals[0]}"`);
  await writeSampleContacts({
    rows: readCount(required(values.rows, 'rows'), 'rows', ROWS),
    seed: readCount(required(values.seed, 'seed'), 'seed', SEEDS),
    list: required(values.list, 'list'),
    out: values.out,
    truth: values.truth,
  });
}
