import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { type AccessJson, accessJson, sha256Of } from '../../access/file/fixture.ts';
import { Folder, tacet } from '../commands.ts';

const folder = new Folder();
afterAll(() => folder.remove());

let files = 0;
/** The path of an access file. */
const written = (change?: (json: AccessJson) => void): string =>
  folder.write(`access-${files++}.json`, JSON.stringify(accessJson(change)));

describe.concurrent('tacet access check', () => {
  it('says what is in a file without fault', async () => {
    const path = written();
    expect(await tacet(['access', 'check', path])).toMatchObject({
      ...{ code: 0, stdout: `${path}: 3 parties, 2 clients, no fault\n`, stderr: '' },
    });
    const { stdout } = await tacet(['access', 'check', path, '--json']);
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(JSON.parse(stdout)).toEqual({ parties: 3, clients: 2, sha256, faults: [] });
  });

  it('names every fault, and exits with 1', async () => {
    const path = written(({ parties, clients }) => {
      Object.assign(parties['acme'] ?? {}, { enterprise_number: '0123.456.740' });
      Object.assign(clients['dialler-a'] ?? {}, { party: 'acmee' });
    });
    const { code, stdout, stderr } = await tacet(['access', 'check', path]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      `tacet access: ${path}: the access file has 2 faults\n` +
        '  parties.acme.enterprise_number: is "9999.999.999". Write ten digits whose last two ' +
        'are their check, such as 0123.456.749\n' +
        '  clients.dialler-a.party: acmee is no party. Did you mean acme? (ERR_ACCESS_FILE)\n',
    );
    const json = await tacet(['access', 'check', path, '--json']);
    expect([json.code, json.stderr]).toEqual([1, '']);
    const place = 'clients.dialler-a.party';
    expect(JSON.parse(json.stdout)).toMatchObject({
      ...{ parties: null, clients: null, sha256: null },
      faults: [{}, { place, what: 'acmee is no party', fix: 'Did you mean acme?' }],
    });
  });

  it.each([
    [['access'], 2, 'the action is missing. See tacet access --help'],
    [['access', 'chek', 'f'], 2, 'unknown action "chek". Did you mean check?'],
    [['access', 'check', '/no/such'], 1, '/no/such: cannot read: no such file or directory'],
    [['access', 'check', '/dev/zero'], 1, '/dev/zero: is no regular file'],
    [['access', 'check', 'package.json', '--access-bytes-max', '1KiB'], 1, 'more than 1024 bytes'],
    [['access', 'token', '--expires', '2020-01-01'], 2, '--expires is over already'],
    [['access', 'token', '--client', 'a b'], 2, '--client: expected NAME'],
    [['access', 'licences', 'package.json'], 1, 'unknown key name'],
    [['access', 'licences', 'package.json', '--prices', 'package.json'], 2, 'the price table has'],
  ])('%j', async (args, code, text) => {
    const ended = await tacet(args);
    expect(ended.code).toBe(code);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toContain(text);
  });
});

describe.concurrent('tacet access token', () => {
  it('prints a new token each time, and what the file needs of it', async () => {
    const args = ['access', 'token', '--client', 'dialler-b', '--expires', '2099-12-31'];
    const [one, other] = await Promise.all([tacet(args), tacet(args)]);
    const [token = ''] = one.stdout.split('\n');
    expect(token).toMatch(/^tacet_[A-Za-z0-9_-]{43}$/);
    expect(other.stdout.split('\n')[0]).not.toBe(token);
    expect(one.stdout).toContain('clients.dialler-b.tokens');
    const entry = `{"sha256":"${sha256Of(token)}","expires":"2099-12-31"}`;
    expect(one.stdout.trimEnd().split('\n').at(-1)).toBe(entry);
    const path = written(({ clients }) => {
      clients['dialler-b'] = { party: 'acme', tokens: [JSON.parse(entry)], allow: ['check'] };
    });
    expect((await tacet(['access', 'check', path])).code).toBe(0);
  });

  it('lasts a year unless told otherwise', async () => {
    const { stdout } = await tacet(['access', 'token', '--json']);
    const { token, sha256, expires } = JSON.parse(stdout) as Record<string, string>;
    expect(sha256).toBe(sha256Of(token ?? ''));
    const days = (Date.parse(expires ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(363);
    expect(days).toBeLessThan(367);
  });
});

describe.concurrent('tacet access licences', () => {
  const HEAD = (on: string) =>
    `Licences on ${on}. Prices in EUR, excluding 21 % VAT, as of 2026-11-24:\n` +
    'https://www.dncm.be/en/purchase_the_list/frequently_asked_questions\n\n';

  it('shows days and prices, both of them where the size is unknown', async () => {
    const path = written();
    const { stdout, code } = await tacet(['access', 'licences', path, '--on', '2026-11-27']);
    expect(code).toBe(0);
    expect(stdout).toBe(`${HEAD('2026-11-27')}acme (ACME NV), advertiser, 250 workers
  A-1: advertiser, year, valid
    period              2026-03-01 to 2027-02-28, renews
    reminder due by     2026-12-28
    last day to cancel  2027-01-28
    renewal             760
  a campaign of one month: 80 for a month's licence, 760 for a year's

bolt (Bolt SA), advertiser, how many work there is unknown
  B-1: advertiser, month, valid
    period              2026-11-01 to 2026-11-30, ends
  a campaign of one month: 80 for a month's licence, 760 or 2,200 for a year's

ring (Ring BV), service-provider, 251 workers
  R-1: service-provider, year, valid
    period              2026-03-01 to 2027-02-28, renews
    reminder due by     2026-12-28
    last day to cancel  2027-01-28
    renewal             1,500
`);
  });

  it('says what is past, over, to come, cancelled in time and cancelled too late', async () => {
    const path = written(({ parties }) => {
      const year = { kind: 'advertiser', period: 'year', from: '2026-03-01' };
      const licences = [
        { ...year, id: 'in-time', cancelled_on: '2027-01-28' },
        { ...year, id: 'too-late', cancelled_on: '2027-02-02' },
        { ...year, id: 'open' },
        { ...year, id: 'next', from: '2027-03-01' },
        { ...year, id: 'month', period: 'month' },
      ];
      Object.assign(parties['acme'] ?? {}, { licences });
    });
    const { stdout } = await tacet(['access', 'licences', path, '--on', '2027-02-10']);
    const [acme = ''] = stdout.replace(HEAD('2027-02-10'), '').split('\n\n');
    expect(acme.split('\n').slice(1, -1).join('\n')).toBe(`  in-time: advertiser, year, valid
    period              2026-03-01 to 2027-02-28, cancelled
  too-late: advertiser, year, valid
    period              2026-03-01 to 2027-02-28, renews
    cancelled on        2027-02-02, too late for this period
    renewal             760
  open: advertiser, year, valid
    period              2026-03-01 to 2027-02-28, renews
    reminder due by     2026-12-28, past
    last day to cancel  2027-01-28, past
    renewal             760
  next: advertiser, year, to come
    period              2027-03-01 to 2028-02-29, renews
    reminder due by     2027-12-29
    last day to cancel  2028-01-29
    renewal             760
  month: advertiser, month, over
    period              2026-03-01 to 2026-03-31, ends`);
  });

  it('takes another price table, and gives both as JSON', async () => {
    const prices = folder.write(
      'prices.json',
      JSON.stringify({
        ...{ source: 'the order form', as_of: '2027-01-01', currency: 'EUR', vat_percent: 21 },
        lower_workers_max: 100,
        advertiser: { year: { lower: 1, upper: 2 }, month: { lower: 3, upper: 4 } },
        'service-provider': { year: { lower: 5, upper: 6 } },
      }),
    );
    const args = ['access', 'licences', written(), '--on', '2026-11-27', '--prices', prices];
    const { stdout } = await tacet([...args, '--json']);
    const { parties, ...rest } = JSON.parse(stdout) as { parties: object[] };
    expect(rest).toEqual({
      on: '2026-11-27',
      prices: {
        ...{ source: 'the order form', as_of: '2027-01-01', currency: 'EUR', vat_percent: 21 },
      },
    });
    expect(parties[0]).toEqual({
      ...{ id: 'acme', name: 'ACME NV', kind: 'advertiser', workers: 250 },
      licences: [
        {
          ...{ id: 'A-1', kind: 'advertiser', period: 'year', from: '2026-03-01' },
          ...{ cancelled_on: null, state: 'valid', renews: true, renewal_prices: [2] },
          ...{ first_day: '2026-03-01', last_day: '2027-02-28' },
          ...{ cancel_by: '2027-01-28', reminder: '2026-12-28' },
        },
      ],
      campaign: { month: [4], year: [2] },
    });
    expect(parties[1]).toMatchObject({ workers: null, campaign: { month: [3, 4], year: [1, 2] } });
  });
});
