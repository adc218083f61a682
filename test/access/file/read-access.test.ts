import { describe, expect, it } from 'vitest';
import { checkAccess, readAccess } from '#tacet/access/file/read-access.js';
import { brusselsMidnightMs } from '#tacet/calendar/brussels.js';
import { parseIsoDay } from '#tacet/calendar/day.js';
import {
  type AccessJson,
  accessFile,
  accessJson,
  BYTES_MAX,
  faultsOf,
  sha256Of,
  TOKEN,
} from './fixture.ts';

const faultsWith = (change: (json: AccessJson) => void): string[] =>
  faultsOf(JSON.stringify(accessJson(change)));

describe('an access file without faults', () => {
  it('is read into parties and clients', async () => {
    const access = await readAccess(await accessFile(JSON.stringify(accessJson())), BYTES_MAX);
    expect([...access.parties.keys()]).toEqual(['acme', 'bolt', 'ring']);
    expect(access.parties.get('acme')).toEqual({
      id: 'acme',
      name: 'ACME NV',
      kind: 'advertiser',
      enterpriseNumber: '0123456749',
      workers: 250,
      licences: [
        {
          id: 'A-1',
          kind: 'advertiser',
          period: 'year',
          fromDay: parseIsoDay('2026-03-01'),
          cancelledDay: undefined,
        },
      ],
    });
    const client = access.clients.get('dialler-a');
    expect(client).toMatchObject({ numbersPerDayMax: 1_000_000, checksPerMinuteMax: 600 });
    expect(client?.party.name).toBe('ACME NV');
    expect(client?.allows('dedupe')).toBe(true);
    expect(client?.allows('service')).toBe(false);
    expect(client?.mayActFor('acme')).toBe(true);
    expect(client?.mayActFor('bolt')).toBe(false);
    expect(access.digest).toBe(sha256Of(JSON.stringify(accessJson())));
  });

  it('may leave out what has a safe default, and begin with a byte order mark', () => {
    const small = { parties: { a: { kind: 'advertiser' } }, clients: {} };
    const { access, faults } = checkAccess(Buffer.from(`\uFEFF${JSON.stringify(small)}`));
    expect(faults.listed).toEqual([]);
    expect(access?.parties.get('a')).toMatchObject({ name: 'a', workers: undefined, licences: [] });
  });

  it('has * for every advertiser of the file, and for none else', async () => {
    for (const written of ['*', ['*']]) {
      const json = accessJson(({ clients }) => {
        clients['ring-all'] = { ...clients['ring-all'], for: written };
      });
      const { access } = checkAccess(Buffer.from(JSON.stringify(json)));
      const client = access?.clients.get('ring-all');
      expect(['acme', 'bolt', 'ring', '*'].map((id) => client?.mayActFor(id))).toEqual([
        ...[true, true, false, false],
      ]);
    }
  });

  it('lets a service provider act for itself', () => {
    expect(
      faultsWith(({ clients }) => Object.assign(clients['ring-all'] ?? {}, { for: ['ring'] })),
    ).toEqual([]);
  });
});

describe('the end of a token', () => {
  it.each([
    ['2026-12-31', brusselsMidnightMs(parseIsoDay('2027-01-01'))],
    ['2026-10-24', Date.UTC(2026, 9, 24, 22)],
    ['2026-10-25', Date.UTC(2026, 9, 25, 23)],
    ['2026-12-31T18:00:00Z', Date.UTC(2026, 11, 31, 18)],
    ['2026-12-31T18:00:00+02:00', Date.UTC(2026, 11, 31, 16)],
    ['2026-12-31t18:00:00.5-00:30', Date.UTC(2026, 11, 31, 18, 30)],
  ])('%s is a day in Brussels or an instant', (expires, endMs) => {
    const json = accessJson(({ clients }) => {
      Object.assign(clients['dialler-a'] ?? {}, { tokens: [{ sha256: sha256Of(TOKEN), expires }] });
    });
    const { access } = checkAccess(Buffer.from(JSON.stringify(json)));
    const at = (nowMs: number) =>
      access?.authenticate({ token: TOKEN, certificateNames: [] }, nowMs)?.client.name;
    expect([at(endMs - 1), at(endMs)]).toEqual(['dialler-a', undefined]);
  });
});

describe('each fault is told with its place and how to mend it', () => {
  const HASH = sha256Of('another');

  it.each<[string, (json: AccessJson) => void, string]>([
    [
      'an unknown key',
      ({ clients }) => Object.assign(clients['dialler-a'] ?? {}, { alow: [] }),
      'clients.dialler-a: unknown key alow. Did you mean allow?',
    ],
    [
      'an id with a space',
      ({ parties }) => Object.assign(parties, { 'a b': { kind: 'advertiser' } }),
      'parties."A A": the key is no id',
    ],
    [
      'an id too long',
      ({ parties }) => Object.assign(parties, { ['x'.repeat(65)]: { kind: 'advertiser' } }),
      'the key is no id',
    ],
    [
      'a kind that there is not',
      ({ parties }) => Object.assign(parties['ring'] ?? {}, { kind: 'service_provider' }),
      'parties.ring.kind: is "AAAAAAA_AAAAAAAA". Write one of advertiser, service-provider. ' +
        'Did you mean service-provider?',
    ],
    [
      'an enterprise number with a wrong check',
      ({ parties }) => Object.assign(parties['acme'] ?? {}, { enterprise_number: '0123.456.748' }),
      'parties.acme.enterprise_number: is "9999.999.999". Write ten digits',
    ],
    [
      'an enterprise number that begins with 2',
      ({ parties }) => Object.assign(parties['acme'] ?? {}, { enterprise_number: '2123456749' }),
      'parties.acme.enterprise_number: is "9999999999"',
    ],
    [
      'workers below none',
      ({ parties }) => Object.assign(parties['acme'] ?? {}, { workers: -1 }),
      'parties.acme.workers: is a number that is not allowed. Write a whole number from 0 on',
    ],
    [
      'a month of a service provider',
      ({ parties }) =>
        Object.assign(parties['ring'] ?? {}, {
          licences: [{ id: 'R', kind: 'service-provider', period: 'month', from: '2026-01-01' }],
        }),
      'parties.ring.licences[0].period: a month is for advertisers only',
    ],
    [
      'a day that there is not',
      ({ parties }) =>
        Object.assign(parties['acme'] ?? {}, {
          licences: [{ id: 'A', kind: 'advertiser', period: 'year', from: '2026-02-29' }],
        }),
      'parties.acme.licences[0].from: is "9999-99-99". Write a date from 1970 to 2149',
    ],
    [
      'two licences with one id',
      ({ parties }) => {
        const one = { id: 'A', kind: 'advertiser', period: 'month', from: '2026-02-01' };
        Object.assign(parties['acme'] ?? {}, { licences: [one, one] });
      },
      'parties.acme.licences[1].id: is the id of two licences',
    ],
    [
      'a party that there is not',
      ({ clients }) => Object.assign(clients['dialler-a'] ?? {}, { party: 'acmee' }),
      'clients.dialler-a.party: acmee is no party. Did you mean acme?',
    ],
    [
      'a service provider as an advertiser',
      ({ clients }) => Object.assign(clients['dialler-a'] ?? {}, { for: ['ring'] }),
      'clients.dialler-a.for[0]: ring is a service provider',
    ],
    [
      '* beside an id',
      ({ clients }) => Object.assign(clients['ring-all'] ?? {}, { for: ['*', 'acme'] }),
      'clients.ring-all.for: has * beside ids',
    ],
    [
      'a permission that there is not',
      ({ clients }) => Object.assign(clients['ring-all'] ?? {}, { allow: ['check', 'list'] }),
      'clients.ring-all.allow[1]: is "AAAA". Write one of check, batch-check',
    ],
    [
      'no allow at all',
      ({ clients }) => delete clients['ring-all']?.['allow'],
      'clients.ring-all.allow: is missing',
    ],
    [
      'a budget of none',
      ({ clients }) => Object.assign(clients['ring-all'] ?? {}, { numbers_per_day_max: 0 }),
      'clients.ring-all.numbers_per_day_max: is a number that is not allowed',
    ],
    [
      'a token of two clients',
      ({ clients }) =>
        Object.assign(clients['ring-all'] ?? {}, {
          tokens: [{ sha256: sha256Of(TOKEN), expires: '2026-12-31' }],
        }),
      'clients.ring-all.tokens[0].sha256: the token is also that of dialler-a',
    ],
    [
      'a certificate of two clients, in other letters',
      ({ clients }) =>
        Object.assign(clients['ring-all'] ?? {}, { certificates: ['dns:dialler-a.EXAMPLE'] }),
      'clients.ring-all.certificates[0]: the certificate is also that of dialler-a',
    ],
    [
      'a certificate without its kind',
      ({ clients }) => Object.assign(clients['ring-all'] ?? {}, { certificates: ['ring.example'] }),
      'clients.ring-all.certificates[0]: is "AAAA.AAAAAAA". Write dns:NAME or uri:URI',
    ],
    [
      'a token without an end',
      ({ clients }) => Object.assign(clients['ring-all'] ?? {}, { tokens: [{ sha256: HASH }] }),
      'clients.ring-all.tokens[0].expires: is missing. Write its last day in Brussels',
    ],
    [
      'an instant without a zone',
      ({ clients }) =>
        Object.assign(clients['ring-all'] ?? {}, {
          tokens: [{ sha256: HASH, expires: '2026-12-31T18:00:00' }],
        }),
      'clients.ring-all.tokens[0].expires: is "9999-99-99A99:99:99"',
    ],
    [
      'a hash instead of its object',
      ({ clients }) => Object.assign(clients['ring-all'] ?? {}, { tokens: [HASH] }),
      'clients.ring-all.tokens[0]: is ',
    ],
  ])('%s', (_, change, fault) => {
    const faults = faultsWith(change);
    expect(faults).toHaveLength(1);
    expect(faults.join('\n')).toContain(fault);
  });

  it('and all of them at once, up to fifty', async () => {
    const many = accessJson(({ parties }) => {
      for (let i = 0; i < 60; i++) parties[`p${i}`] = { kind: 'both' };
    });
    const reading = readAccess(await accessFile(JSON.stringify(many)), BYTES_MAX);
    await expect(reading).rejects.toMatchObject({ code: 'ERR_ACCESS_FILE' });
    const message = String(await reading.catch((error: Error) => error.message));
    expect(message.split('\n')).toHaveLength(51);
    expect(message).toContain('access.json: the access file has 50 faults or more\n  parties.p0.');
  });

  it('without a word of a token or a hash, wherever it was written', () => {
    const secret = sha256Of(TOKEN);
    const plain = 'tacet_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw';
    const faults = faultsWith(({ parties, clients }) => {
      parties[secret] = { [secret]: secret, name: `\n${secret}`, kind: secret };
      clients[secret] = {
        ...{ party: secret, for: [secret], allow: [secret, plain], certificates: [secret, plain] },
        tokens: [secret, { sha256: plain, expires: plain }, { [secret]: 1, sha256: secret }],
      };
    });
    expect(faults.length).toBeGreaterThan(10);
    expect(faults.join('\n')).not.toMatch(/[0-9a-f]{20}|MTIz/);
  });
});
