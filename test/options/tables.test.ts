import { describe, expect, it } from 'vitest';
import * as commands from '#tacet/options/commands.js';
import { COMMANDS } from '#tacet/options/help/every-command.js';
import { grouped } from '#tacet/options/help/grouped.js';
import { isRequired, type Option } from '#tacet/options/option.js';
import { SERVE_OPTIONS } from '#tacet/options/serve/table.js';
import { SERVED_SYNC_OPTIONS, SYNC_OPTIONS, syncVariable } from '#tacet/options/sync.js';
import { headOf, helpOf, optionsOf, readTable } from '#tacet/options/table.js';
import { variableName, variableOf } from '#tacet/options/variables.js';

/** The tables of every command, each with what names its variables. */
const TABLES = COMMANDS.flatMap(({ name, groups }) =>
  groups.map(({ title, table, variableOf: named = variableOf }): Tabled => {
    return [title === '' ? name : `${name}, ${title}`, table, named];
  }),
);
type Named = (option: Option<unknown>) => string | undefined;
type Tabled = [name: string, table: object, named: Named];

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

describe.each(TABLES)('the options of %s', (_, table, named) => {
  it('are in the help with flag, what they do, range, default and variable', () => {
    const help = helpOf(table, named);
    const parts = help.split(/^(?= {2}--)/m).map(oneLine);
    expect(parts).toHaveLength(optionsOf(table).length);
    for (const [index, option] of optionsOf(table).entries()) {
      const { flag, placeholder, help: about, range, initial, initialText } = option;
      const part = parts[index] ?? '';
      expect(part.startsWith(` --${flag} ${placeholder}`)).toBe(true);
      expect(part).toContain(about);
      if (range !== undefined) expect(part).toContain(range.text);
      if (isRequired(option)) expect(part).toContain('required');
      if (placeholder !== '' && initial) {
        expect(part).toContain(`default ${initialText ?? initial}`);
      }
      const variable = named(option);
      if (variable === undefined) expect(part).not.toContain(variableName(flag));
      else expect(part).toContain(variable);
    }
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('have flags of their own, in lower case with hyphens, and defaults that they take', () => {
    const flags = optionsOf(table).map(({ flag }) => flag);
    expect(new Set(flags).size).toBe(flags.length);
    for (const { flag, initial, parse, range } of optionsOf(table)) {
      expect(flag).toMatch(/^[a-z]+(-[a-z]+)*$/);
      if (initial !== undefined) expect(parse([initial])).toBeDefined();
      const value = initial === undefined ? undefined : parse([initial])?.value;
      if (range !== undefined && typeof value === 'number') {
        expect(value).toBeGreaterThanOrEqual(range.min);
        expect(value).toBeLessThanOrEqual(range.max);
      }
    }
  });
});

const SCREEN_LINES = 40;

describe('the help', () => {
  it('of a command is one screen, or grouped into parts that are', () => {
    for (const { name, groups } of COMMANDS) {
      const lines = groups.map(({ table, variableOf: named }) => helpOf(table, named).split('\n'));
      for (const part of lines) expect([name, part.length <= SCREEN_LINES]).toEqual([name, true]);
      const titles = groups.map(({ title }) => title);
      expect([name, titles.includes('')]).toEqual([name, titles.length === 1]);
    }
  });
});

describe('every option of a command with groups', () => {
  it('has a group with a title of its own', () => {
    const unplaced = COMMANDS.flatMap(({ name, groups }) =>
      groups
        .filter(({ title }) => title === 'more')
        .flatMap(({ table }) => optionsOf(table).map(({ flag }) => `${name} --${flag}`)),
    );
    expect(unplaced).toEqual([]);
  });

  it('is known by its name: a misspelt one is a defect', () => {
    const table = { list: SERVE_OPTIONS.list, region: SERVE_OPTIONS.region };
    expect(() => grouped(table, { lists: 'list regoin' })).toThrow('--regoin');
    expect(() => grouped(table, { lists: 'list', again: 'list' })).toThrow('--list');
    const titles = grouped(table, { lists: 'list' }).map(({ title }) => title);
    expect(titles).toEqual(['lists', 'more']);
  });
});

describe('the variables', () => {
  it('are named after the flags', () => {
    expect(variableName('stream-pin-max')).toBe('TACET_STREAM_PIN_MAX');
    expect(syncVariable('stable-for')).toBe('TACET_SYNC_STABLE_FOR');
  });

  it('of a server that fetches its list are those of `tacet sync`, with the same defaults', () => {
    const own = ['sync-schedule', 'sync-jitter'];
    const ofSync = new Map(
      optionsOf(SYNC_OPTIONS).map((option) => [syncVariable(option.flag), option]),
    );
    for (const { flag, initial, range } of optionsOf(SERVED_SYNC_OPTIONS)) {
      if (own.includes(flag)) continue;
      expect(ofSync.get(variableName(flag))).toMatchObject({ initial, ...(range && { range }) });
    }
  });
});

/** What is said of one bad text for an option: where, and what was expected. */
function complaintOf(option: Option<unknown>, text: string): string | undefined {
  let told: string | undefined;
  readTable(
    { option },
    () => ({ texts: [text], where: `--${option.flag}` }),
    ({ expected }, found) => {
      told = `${found?.where}: expected ${expected}`;
    },
  );
  return told;
}

describe('a bad value of each kind is refused with its option and the shape it should have', () => {
  it.each([
    [SERVE_OPTIONS.workers, '257', '--workers: expected a whole number from 1 to 256'],
    [SERVE_OPTIONS.workers, '2.5', '--workers: expected a whole number from 1 to 256'],
    [
      SERVE_OPTIONS.listPollMs,
      '5',
      '--list-poll: expected a time such as 30s or 5m, from 10ms to 1m',
    ],
    [
      SERVE_OPTIONS.messageBytesMax,
      '65MiB',
      '--message-bytes-max: expected a size such as 64KiB or 2MiB, from 1KiB to 64MiB',
    ],
    [SERVE_OPTIONS.verify, 'none', '--verify: expected full or header'],
    [SERVE_OPTIONS.insecure, 'yes', '--insecure: expected true or false'],
    [SERVE_OPTIONS.listen, ':1', '--listen: expected HOST:PORT such as 127.0.0.1:50051'],
    [SERVE_OPTIONS.region, 'be', '--region: expected an ISO 3166-1 alpha-2 code such as BE'],
    [SERVE_OPTIONS.list, '', '--list: expected a path, or an array of paths in a config file'],
    [SYNC_OPTIONS.snapshot, 'today', '--snapshot: expected newest, fetched-day or YYYY-MM-DD'],
    [commands.PACK_OPTIONS.snapshotDay, '2026-02-30', '--snapshot: expected a date as YYYY-MM-DD'],
    [commands.HEALTH_OPTIONS.server, 'a:0', '--server: expected HOST:PORT such as 127.0.0.1:50051'],
    [commands.PACK_OPTIONS.out, '', '--out: expected LIST.tacet'],
    [commands.OVERRIDE_OPTIONS.forMs, '25h', '--for: expected a time such as 30s or 5m, from 1h'],
  ])('%o "%s"', (option: Option<unknown>, text, complaint) => {
    expect(complaintOf(option, text)).toContain(complaint);
  });
});

/** The options of a table as a table of Markdown. */
function markdownOf(table: object, named: Named): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const rows = optionsOf(table).map((option) => {
    const { help, initial, initialText, range } = option;
    const variable = named(option);
    const shown = isRequired(option) ? 'required' : (initialText ?? `\`${initial ?? ''}\``);
    return [
      `\`${cell(headOf(option))}\``,
      cell(help),
      shown === '``' || shown === '`false`' ? '' : shown,
      range?.text ?? '',
      variable === undefined ? '' : `\`${variable}\``,
    ];
  });
  const heads = ['option', 'what it does', 'default', 'range', 'variable'];
  return [heads, heads.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** The options without variable by reason, with their command where another has a variable. */
function typedByReason(): Map<string, Set<string>> {
  const all = COMMANDS.flatMap(({ name, groups }) =>
    groups.flatMap(({ table, variableOf: named = variableOf }) =>
      optionsOf(table).map((option) => ({ name, option, variable: named(option) })),
    ),
  );
  const elsewhere = new Set(
    all.filter(({ variable }) => variable !== undefined).map(({ option }) => option.flag),
  );
  const byReason = new Map<string, Set<string>>();
  for (const { name, option } of all) {
    const { flag, typedWhy } = option;
    if (typedWhy === undefined) continue;
    const options = byReason.get(typedWhy) ?? new Set();
    byReason.set(typedWhy, options.add(elsewhere.has(flag) ? `${name} --${flag}` : `--${flag}`));
  }
  return byReason;
}

it('docs/OPTIONS.md is what the tables say; `make docs` writes it', async () => {
  const sections = TABLES.map(
    ([name, table, named]) => `## ${name}\n\n${markdownOf(table, named)}\n`,
  );
  const typed = [...typedByReason()].map(
    ([why, options]) => `- ${[...options].map((option) => `\`${option}\``).join(', ')}: ${why}.`,
  );
  const page = `# Options

Written by \`make docs\` from the tables in src/options; \`tacet COMMAND --help\` says the same.
Times are written \`250ms\`, \`30s\`, \`5m\`, \`1h\`, \`2d\`;
sizes \`65536\`, \`64KiB\`, \`2MiB\`, \`8GiB\`.

An option with a variable may be set in the environment as well: flags win. Switches take
\`true\` or \`false\` there, and an empty variable says nothing. Where one of \`--server\` and
\`--list\` is on the command line, the variable of the other says nothing either.
For \`dedupe\`, \`TACET_REGION\` is the region where nothing else says one, as for a server; unlike
\`--region\` it does not declare the country of the numbers of this file. \`TACET_TLS_CERT\` and
\`TACET_TLS_KEY\` are the server's own for \`serve\`, the client's for commands that ask one: in the
environment of a server a probe leaves them out ([TLS.md](TLS.md)).

Each option of \`serve\` is also, without its leading hyphens, a key of \`--config\`, behind flags
and variables; there an unknown key or variable, or a bad value, refuses to start.

These are only ever typed:

${typed.join('\n')}

${sections.join('\n')}`;
  await expect(page).toMatchFileSnapshot('../../docs/OPTIONS.md');
});
