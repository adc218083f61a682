import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folder, packSource, tacet } from './commands.ts';

const folder = new Folder();
let list = '';
let contacts = '';

beforeAll(async () => {
  list = await packSource(folder);
  contacts = folder.write('contacts.csv', 'name;phone\nAn;0475123456\n');
});
afterAll(() => folder.remove());

/** LIST, CONTACTS and DIR stand for files of the folder. */
const filled = (line: string): string[] =>
  line
    .split(' ')
    .filter((word) => word !== '')
    .map((word) =>
      word
        .replace('LIST', list)
        .replace('CONTACTS', contacts)
        .replace('DIR', folder.path)
        .replace('EMPTY', '')
        .replace('LONG', 'é'.repeat(129)),
    );

describe.concurrent('help', () => {
  it.each([
    ['pack', ['--out', '--name', '--snapshot', '--layout', '--bad-lines-max']],
    ['verify', []],
    ['inspect', ['--json']],
    [
      'serve',
      '--list --listen --http --workers --region --disclose-dates --verify --kernel --config'
        .concat(' --stream-pin-max --print-config --insecure TACET_LIST TACET_STREAM_PIN_MAX')
        .split(' '),
    ],
    ['check', ['--server', '--list', '--opt-in', '--advertiser', '--json']],
    [
      'dedupe',
      '--server --list --column --no-header --region --opt-in-column --opt-in-format --advertiser'
        .concat(' --job-id --callable --blocked --undecided --summary --header --not-dialled')
        .concat(' --blocked-cells --country-column --skip-lines --separator tacet_reason')
        .split(' '),
    ],
    ['sample', ['list', 'contacts']],
    ['sample contacts', ['--rows', '--seed', '--out', '--list', '--truth']],
    ['access', ['check', 'token', 'licences']],
    ['health', ['--server']],
  ])('of %s explains %j', async (name, options) => {
    const { code, stdout, stderr } = await tacet([...name.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: tacet ${name} `));
    expect(options.filter((option) => !stdout.includes(option))).toEqual([]);
  });

  it('lists the commands, and is wrong usage where no command is given', async () => {
    const asked = await tacet(['--help']);
    const bare = await tacet([]);
    expect([asked.code, asked.stderr]).toEqual([0, '']);
    expect([bare.code, bare.stdout, bare.stderr]).toEqual([2, '', asked.stdout]);
    expect(asked.stdout.match(/^ {2}\w+/gm)?.map((name) => name.trim())).toEqual([
      'pack',
      'verify',
      'inspect',
      'serve',
      'check',
      'dedupe',
      'list',
      'sync',
      'access',
      'register',
      'ledger',
      'proof',
      'sample',
      'health',
      'completion',
      'man',
    ]);
  });

  it('of one command is also `tacet help COMMAND`', async () => {
    const [topic, flag] = await Promise.all([tacet(['help', 'pack']), tacet(['pack', '--help'])]);
    expect(topic).toEqual(flag);
  });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await tacet(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});

describe.concurrent('wrong usage ends with exit code 2 and says what is wrong', () => {
  it.each([
    ['bogus', 'tacet: unknown command "bogus". See tacet --help (ERR_USAGE)\n'],
    ['dedup', 'tacet: unknown command "dedup". Did you mean dedupe? See tacet --help'],
    ['-V', 'tacet: unknown command "-V". Did you mean --version?'],
    ['--hlep', 'tacet: unknown command "--hlep". Did you mean --help?'],
    ['list histroy DIR', 'tacet list: unknown action "histroy". Did you mean history?'],
    ['dedupe CONTACTS --lst LIST', 'unknown option --lst. Did you mean --list? (ERR_USAGE)\nSee'],
    ['pack a.txt -o b', 'unknown option -o. Options are written in full: --out'],
    ['check 1 --servr a:1', 'tacet check: unknown option --servr. Did you mean --server?'],
    ['check 1 --list LIST -32475123456', 'that begin with a hyphen go last, behind " -- "'],
    ['pack', 'tacet pack: SOURCE.txt is missing (ERR_USAGE)\nSee tacet pack --help\n'],
    ['pack a.txt', 'tacet pack: --out is missing. Give --out LIST.tacet'],
    ['pack a.txt b.txt --out c', 'tacet pack: one SOURCE.txt expected, more given'],
    ['pack - --out c', 'tacet pack: SOURCE.txt must be a file, not standard input'],
    ['pack a.txt --out -', 'tacet pack: --out must be a file, not standard output'],
    ['pack a.txt --out=EMPTY', 'tacet pack: --out: the value is empty'],
    ['pack a.txt --out', 'tacet pack: --out: the value is missing'],
    ['pack a.txt --out a --out b', 'tacet pack: --out is given twice'],
    ['pack a.txt --wat', 'tacet pack: unknown option --wat'],
    ['pack a.txt --out b --bad-lines-max x', '--bad-lines-max: expected a whole number from 0 to'],
    ['pack a.txt --out b --bad-lines-max -1', 'Write --bad-lines-max=VALUE where it begins'],
    ['pack a.txt --out b --snapshot 2026-02-30', '--snapshot: expected a date as YYYY-MM-DD'],
    ['pack LIST.txt --out b --name a/b', '--name: the list name cannot be used, expected 1 to 63'],
    ['pack LIST.txt --out LIST.txt', 'the list file would replace its own source'],
    ['verify', 'tacet verify: LIST.tacet is missing'],
    ['verify LIST --wat', 'tacet verify: unknown option --wat'],
    ['inspect LIST LIST', 'tacet inspect: one LIST.tacet expected, more given'],
    ['inspect LIST --json=yes', 'tacet inspect: --json takes no value'],
    ['check', 'tacet check: no NUMBER is given'],
    ['check 1', 'neither a server nor a list. Give --server HOST:PORT or --list LIST.tacet'],
    ['check 1 --list LIST --server a:1', '--server and --list exclude each other'],
    ['check 1 --server a', '--server: expected HOST:PORT such as 127.0.0.1:50051, or unix:'],
    ['check 1 --server a:0', '--server: expected HOST:PORT'],
    ['check 1 --list LIST --opt-in 31/01/2026', '--opt-in: expected a date as YYYY-MM-DD'],
    [
      'check 1 --list LIST --region XX',
      '--region: expected an ISO 3166-1 alpha-2 code such as BE, got "XX"',
    ],
    ['check 1 --list LIST --advertiser=EMPTY', '--advertiser: the value is empty'],
    ['check 1 --list LIST --advertiser LONG', '--advertiser: expected at most 256 bytes'],
    ['check 1 --list LIST --json --json', '--json is given twice'],
    ['dedupe', 'tacet dedupe: CONTACTS.csv is missing'],
    ['dedupe CONTACTS --list LIST', 'no output is named. Name at least one of --callable'],
    ['dedupe CONTACTS --list LIST --summary DIR/s', 'no output is named'],
    ['dedupe CONTACTS --list LIST --callable DIR/', '/ is a directory. Name a file (ERR_USAGE)'],
    ['dedupe CONTACTS --list LIST --callable DIR', 'is a directory. Name a file (ERR_USAGE)'],
    [
      'dedupe NONE --list LIST --callable DIR/new/',
      '/new/ is a directory. Name a file (ERR_USAGE)',
    ],
    ['dedupe CONTACTS --callable DIR/a', 'neither a server nor a list'],
    ['dedupe CONTACTS --list LIST --callable DIR/a --column mobile', 'has 1 "name", 2 "phone"'],
    ['dedupe CONTACTS --list LIST --callable DIR/a --column 3', '--column: no column "3"'],
    [
      'dedupe CONTACTS --list LIST --callable DIR/a --opt-in-column x',
      '--opt-in-column: no column',
    ],
    [
      'dedupe CONTACTS --list LIST --callable DIR/a --opt-in-format YYYY-MM-DD',
      'without --opt-in-',
    ],
    ['dedupe CONTACTS --list LIST --callable DIR/a --skip-lines 1', 'first row may be a contact'],
    ['dedupe CONTACTS --list LIST --callable DIR/a --header --no-header', 'exclude each other'],
    [
      'dedupe CONTACTS --list LIST --callable DIR/a --not-dialled x',
      '--not-dialled: no column "x"',
    ],
    [
      'dedupe CONTACTS --list LIST --callable DIR/a --country-column 9',
      '--country-column: no column',
    ],
    ['dedupe CONTACTS --list LIST --callable DIR/a --job-id a/b', '--job-id: expected 1 to 64 of'],
    ['dedupe CONTACTS --list LIST --callable DIR/a --advertiser=EMPTY', 'the value is empty'],
    [
      'dedupe CONTACTS --list LIST --callable DIR/a --region be',
      '--region: expected an ISO 3166-1 alpha-2',
    ],
    ['sample', 'tacet sample: the action is missing'],
    ['sample list --seed 1', '--rows is missing'],
    ['sample list --rows 1e3 --seed 1', '--rows: expected a whole number'],
    ['sample contacts --rows 1 --seed 1', '--list is missing'],
    ['health now', 'tacet health takes no arguments'],
    ['health --server localhost', '--server: expected HOST:PORT'],
    ['serve', '--list: missing. Give --list LIST.tacet|STORE or set TACET_LIST'],
    [
      'serve --list LIST --workers 0',
      '--workers: bad value, expected a whole number from 1 to 256, got "0"',
    ],
    ['serve --list LIST --listen 50051', '--listen: bad value, expected HOST:PORT'],
    ['serve --list LIST --kernel magic', '--kernel: bad value'],
    ['serve --list LIST --workers 1 --workers 2', '--workers is given twice'],
    ['serve --list LIST --config DIR/none.json', 'none.json: cannot read the config file'],
  ])('tacet %s', async (line, message) => {
    const { code, stdout, stderr } = await tacet(filled(line));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/\(ERR_(USAGE|OPTION)\)\n/);
    expect(stderr).toContain('--help');
  });
});

describe.concurrent('a failure ends with exit code 1 and says where and what to do', () => {
  it.each([
    [
      'pack DIR/none.txt --out DIR/x',
      'none.txt: cannot read the source: no such file or directory',
    ],
    ['pack LIST.txt --out DIR/none/x', '/none: cannot write the list file there: no such file'],
    [
      'pack LIST.txt --out DIR',
      'cannot write the list file: is a directory. Name a file with --out',
    ],
    ['pack LIST.txt --out DIR/x --layout DIR/no.json', 'no.json: cannot read the layout'],
    ['pack LIST.txt --out DIR/x --snapshot 2100-01-01', 'the snapshot date is in the future'],
    ['verify DIR/none', 'none: cannot open the list file: no such file or directory'],
    ['verify CONTACTS', 'not a list file. A list file is what `tacet pack` writes from the txt'],
    ['inspect DIR', 'not a regular file. Name the list file that `tacet pack` wrote'],
    ['check 1 --list CONTACTS', 'not a list file'],
    ['check 1 --server 127.0.0.1:1', '127.0.0.1:1: the server is not available'],
    ['dedupe DIR/none.csv --list LIST --callable DIR/x', 'none.csv: cannot open the contacts'],
    ['dedupe CONTACTS --list LIST --callable DIR/none/x', '/none: cannot write --callable there'],
    ['dedupe CONTACTS --list LIST --callable DIR/x --summary DIR/none/s', 'write --summary there'],
    [
      'dedupe CONTACTS --server 127.0.0.1:1 --callable DIR/x',
      'Check the address, whether it wants TLS',
    ],
    ['sample contacts --rows 1 --seed 1 --list DIR/none', 'none: cannot read: no such file'],
    ['serve --list DIR/none --http 127.0.0.1:0', 'none: cannot open the list file'],
    ['serve --list CONTACTS --http 127.0.0.1:0', 'not a list file'],
  ])('tacet %s', async (line, message) => {
    const { code, stdout, stderr } = await tacet(filled(line));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/\(ERR_[A-Z_]+\)\n$/);
  });
});

// Not concurrent: it runs behind all of the above.
it('none of these leaves anything behind', () => {
  expect(folder.names()).toEqual(['contacts.csv', 'list.tacet', 'list.tacet.txt']);
});
