import { describe, expect, it } from 'vitest';
import type { Access } from '#tacet/access/access.js';
import { checkAccess } from '#tacet/access/file/read-access.js';
import { permit, type Wish } from '#tacet/access/permit.js';
import { brusselsMidnightMs } from '#tacet/calendar/brussels.js';
import { parseIsoDay } from '#tacet/calendar/day.js';
import { TacetError } from '#tacet/errors.js';
import { type AccessJson, accessJson } from './file/fixture.ts';

const midnight = (day: string): number => brusselsMidnightMs(parseIsoDay(day));
const NOW = midnight('2026-11-27') + 12 * 3_600_000;

function accessOf(change?: (json: AccessJson) => void): Access {
  const { access, faults } = checkAccess(Buffer.from(JSON.stringify(accessJson(change))));
  if (access === undefined) throw faults.toError('access.json');
  return access;
}

const CHECK = { permissions: ['check'], purpose: 'direct-marketing' } as const;

/** What the client with this name of a certificate is permitted. */
function ask(access: Access, name: string, wish: Partial<Wish>, nowMs = NOW) {
  const caller = access.authenticate({ token: undefined, certificateNames: [name] }, nowMs);
  if (caller === undefined) throw new Error('no such client');
  return permit(access, caller, { ...CHECK, licencePolicy: 'block', ...wish }, nowMs);
}

/** The error of a wish, as a client sees it. */
function refusal(...args: Parameters<typeof ask>) {
  try {
    ask(...args);
  } catch (error) {
    if (error instanceof TacetError) return { code: error.code, text: error.message };
    throw error;
  }
  return undefined;
}

const ACME = 'dns:dialler-a.example';
const RING = 'dns:ring.example';
const access = accessOf();

describe('a client is permitted what it is allowed', () => {
  it.each<[string, Partial<Wish>, string | undefined]>([
    [ACME, { permissions: ['check'] }, undefined],
    [ACME, { permissions: ['dates'] }, 'dates'],
    [ACME, { permissions: ['check', 'dates'] }, 'dates'],
    [ACME, { purpose: 'service' }, 'service'],
    [ACME, { channel: 'person' }, undefined],
    [ACME, { channel: 'automated' }, 'automated'],
    [ACME, { channel: 'sms' }, 'sms'],
    [ACME, { channel: 'fax' }, 'fax'],
    [RING, { purpose: 'service' }, undefined],
    [RING, { purpose: 'service', channel: 'automated' }, 'automated'],
    [RING, { permissions: ['dedupe'], purpose: 'service' }, 'dedupe'],
  ])('%s %o', (name, wish, missing) => {
    const text = `this client is not allowed ${missing}. Who keeps the access file of the server`;
    const refused = refusal(access, name, { advertiser: 'acme', ...wish });
    if (missing === undefined) expect(refused).toBe(undefined);
    else expect(refused).toMatchObject({ code: 'ERR_ACCESS', text: expect.stringContaining(text) });
  });

  it('before anything is said about advertisers', () => {
    const wish = { permissions: ['operate'], advertiser: 'nobody' } as const;
    expect(refusal(access, ACME, wish)?.code).toBe('ERR_ACCESS');
  });

  it('without an advertiser where the method is for none', () => {
    const wish = { permissions: ['lists'] } as const;
    expect(ask(access, ACME, wish)).toEqual({
      ...{ notices: [], licences: [], untilMs: Number.POSITIVE_INFINITY },
    });
  });
});

describe('a client acts for its advertisers only', () => {
  it.each(['', 'bolt', 'ring', 'nobody', '*', 'ACME', 'acme ', '__proto__'])(
    'not for "%s"',
    (id) => {
      expect(refusal(access, ACME, { advertiser: id })?.code).toBe('ERR_ADVERTISER');
    },
  );

  it('and cannot tell one of somebody else from one that there is not', () => {
    const texts = ['bolt', 'ring', 'nobody', '*'].map((id) =>
      refusal(access, ACME, { advertiser: id }),
    );
    expect(new Set(texts.map((refused) => refused?.text)).size).toBe(1);
    expect(texts[0]?.text).not.toMatch(/bolt|ring|nobody/);
  });
});

describe('without a licence', () => {
  const none = accessOf(({ parties }) => {
    for (const party of Object.values(parties)) party['licences'] = [];
  });

  it('the advertiser or the party of the client is refused, whatever the purpose', () => {
    const own = 'the advertiser acme has no valid licence as advertiser. Licences are bought from';
    for (const purpose of ['direct-marketing', 'service'] as const) {
      const wish = { advertiser: 'acme', purpose };
      const allowed = accessOf(({ parties, clients }) => {
        for (const party of Object.values(parties)) party['licences'] = [];
        Object.assign(clients['dialler-a'] ?? {}, { allow: ['check', 'service'] });
      });
      expect(refusal(allowed, ACME, wish)).toMatchObject({
        ...{ code: 'ERR_LICENCE', text: expect.stringContaining(own) },
      });
    }
    expect(refusal(none, RING, { advertiser: 'acme' })?.text).toContain(
      'the party of this client has no valid licence as service provider',
    );
  });

  it('the answer says so, with policy warn, for each that is missing', () => {
    const wish = { advertiser: 'acme', licencePolicy: 'warn' } as const;
    expect(ask(none, RING, wish)).toEqual({
      notices: [
        'the party of this client has no valid licence as service provider: answered all the ' +
          'same, by --licence-policy warn',
        'the advertiser acme has no valid licence as advertiser: answered all the same, by ' +
          '--licence-policy warn',
      ],
      licences: [],
      untilMs: Number.POSITIVE_INFINITY,
    });
  });

  it('a list is not consulted, so none is needed, where there is no purpose', () => {
    const caller = none.authenticate({ token: undefined, certificateNames: [ACME] }, NOW);
    if (caller === undefined) throw new Error('no such client');
    const wish = { permissions: ['lists'], advertiser: 'acme', licencePolicy: 'block' } as const;
    expect(permit(none, caller, wish, NOW).notices).toEqual([]);
  });
});

describe('a licence', () => {
  it('is named, with the last day of its period', () => {
    expect(ask(access, ACME, { advertiser: 'acme' })).toEqual({
      notices: [],
      licences: [{ party: 'acme', kind: 'advertiser', id: 'A-1', until: '2027-02-28' }],
      untilMs: Number.POSITIVE_INFINITY,
    });
    expect(ask(access, RING, { advertiser: 'bolt' })).toEqual({
      notices: [],
      licences: [
        { party: 'ring', kind: 'service-provider', id: 'R-1', until: '2027-02-28' },
        { party: 'bolt', kind: 'advertiser', id: 'B-1', until: '2026-11-30' },
      ],
      untilMs: midnight('2026-12-01'),
    });
  });

  it('ends at 00:00 in Brussels, to the millisecond, and under policy warn goes on', () => {
    const end = midnight('2026-12-01');
    expect(refusal(access, RING, { advertiser: 'bolt' }, end - 1)).toBe(undefined);
    expect(refusal(access, RING, { advertiser: 'bolt' }, end)?.code).toBe('ERR_LICENCE');
    const warned = { advertiser: 'bolt', licencePolicy: 'warn' } as const;
    expect(ask(access, RING, warned, end - 1)).toMatchObject({ notices: [], untilMs: Infinity });
    expect(ask(access, RING, warned, end).notices).toHaveLength(1);
  });

  it.each([
    // The clock goes back on 25 October 2026 and forward on 28 March 2027, both at 03:00 or 02:00.
    ['2026-09-25', '2026-10-24', Date.UTC(2026, 9, 24, 22)],
    ['2026-09-26', '2026-10-25', Date.UTC(2026, 9, 25, 23)],
    ['2027-02-28', '2027-03-27', Date.UTC(2027, 2, 27, 23)],
    ['2027-03-01', '2027-03-31', Date.UTC(2027, 2, 31, 22)],
    ['2027-03-28', '2027-04-27', Date.UTC(2027, 3, 27, 22)],
  ])('of a month from %s ends with %s, also when the clock changes', (from, until, endMs) => {
    const month = accessOf(({ parties }) => {
      const licences = [{ id: 'M', kind: 'advertiser', period: 'month', from }];
      Object.assign(parties['acme'] ?? {}, { licences });
    });
    expect(refusal(month, ACME, { advertiser: 'acme' }, midnight(from) - 1)?.code).toBe(
      'ERR_LICENCE',
    );
    const leave = ask(month, ACME, { advertiser: 'acme' }, midnight(from));
    expect(leave).toMatchObject({ licences: [{ until }], untilMs: endMs });
    expect(refusal(month, ACME, { advertiser: 'acme' }, endMs - 1)).toBe(undefined);
    expect(refusal(month, ACME, { advertiser: 'acme' }, endMs)?.code).toBe('ERR_LICENCE');
  });

  it('of a service provider is none to call for itself with, nor the other way round', () => {
    const own = accessOf(({ clients }) =>
      Object.assign(clients['ring-all'] ?? {}, { for: ['ring'] }),
    );
    expect(refusal(own, RING, { advertiser: 'ring' })?.text).toContain(
      'the advertiser ring has no valid licence as advertiser',
    );
    const lent = accessOf(({ clients }) =>
      Object.assign(clients['dialler-a'] ?? {}, { for: ['bolt'] }),
    );
    expect(refusal(lent, ACME, { advertiser: 'bolt' })?.text).toContain(
      'the party of this client has no valid licence as service provider',
    );
  });
});
