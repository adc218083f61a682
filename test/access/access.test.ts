import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Access, Caller } from '#tacet/access/access.js';
import { checkAccess } from '#tacet/access/file/read-access.js';
import { type AccessJson, accessJson, sha256Of, TOKEN } from './file/fixture.ts';

const NOW = Date.UTC(2026, 10, 27, 12);
const OTHER = 'tacet_another-token';

function accessOf(change?: (json: AccessJson) => void): Access {
  const { access, faults } = checkAccess(Buffer.from(JSON.stringify(accessJson(change))));
  if (access === undefined) throw faults.toError('access.json');
  return access;
}

const access = accessOf(({ clients }) => {
  Object.assign(clients['ring-all'] ?? {}, {
    tokens: [
      { sha256: sha256Of(OTHER), expires: '2026-11-26' },
      { sha256: sha256Of(`${OTHER}2`), expires: '2026-11-27' },
    ],
  });
});
const RING = 'dns:ring.example';
const ACME = 'uri:spiffe://example/dialler-a';

describe('who is calling', () => {
  it.each<[string, string | undefined, string[], string | undefined]>([
    ['a token', TOKEN, [], 'dialler-a'],
    ['a token that is rotated in', `${OTHER}2`, [], 'ring-all'],
    ['a token past its last day', OTHER, [], undefined],
    ['an unknown token', 'tacet_x', [], undefined],
    ['an empty token', '', [], undefined],
    ['the hash of a token', sha256Of(TOKEN), [], undefined],
    ['nothing', undefined, [], undefined],
    ['a name of a certificate', undefined, [RING], 'ring-all'],
    ['a name in other letters', undefined, ['dns:RING.Example'], 'ring-all'],
    ['a URI in other letters', undefined, [ACME.toUpperCase()], undefined],
    ['two names of one client', undefined, ['dns:dialler-a.example', ACME], 'dialler-a'],
    ['a name that is known, and one that is not', undefined, ['dns:x', RING], 'ring-all'],
    ['an unknown name', undefined, ['dns:x'], undefined],
    ['names of two clients', undefined, [RING, ACME], undefined],
    ['token and certificate of one client', TOKEN, [ACME], 'dialler-a'],
    ['token and certificate of two clients', TOKEN, [RING], undefined],
    ['a token, and a certificate of nobody', TOKEN, ['dns:x'], 'dialler-a'],
    ['a certificate, and an unknown token', 'tacet_x', [RING], undefined],
    ['a certificate, and an expired token of the same client', OTHER, [RING], undefined],
  ])('%s', (_, token, certificateNames, name) => {
    expect(access.authenticate({ token, certificateNames }, NOW)?.client.name).toBe(name);
  });

  it('is known until the token ends', () => {
    const until = (token: string | undefined, certificateNames: string[]) =>
      access.authenticate({ token, certificateNames }, NOW)?.untilMs;
    expect(until(TOKEN, [])).toBe(Date.UTC(2026, 11, 31, 23));
    expect(until(TOKEN, [ACME])).toBe(Date.UTC(2026, 11, 31, 23));
    expect(until(undefined, [ACME])).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a caller after a reload', () => {
  // The first test above has seen that it is one.
  const caller = access.authenticate({ token: TOKEN, certificateNames: [] }, NOW) as Caller;

  it('is the client of the new file', () => {
    const next = accessOf(({ clients }) =>
      Object.assign(clients['dialler-a'] ?? {}, { allow: [] }),
    );
    expect(caller.in(next, NOW).client).toBe(next.clients.get('dialler-a'));
    expect(caller.in(next, NOW).client.allows('check')).toBe(false);
  });

  it('is nobody once its token is revoked, or over', () => {
    const revoked = accessOf(({ clients }) => {
      Object.assign(clients['dialler-a'] ?? {}, { tokens: [] });
    });
    expect(() => caller.in(revoked, NOW)).toThrow('no valid credentials');
    expect(() => caller.in(access, caller.untilMs)).toThrow('no valid credentials');
    expect(caller.in(access, caller.untilMs - 1).client.name).toBe('dialler-a');
  });

  it('shows neither token nor hash to who prints it', () => {
    const printed = `${inspect(caller, { depth: 9, showHidden: true })}${JSON.stringify(caller)}`;
    expect(printed).toContain('dialler-a');
    expect(printed).not.toContain(TOKEN);
    expect(printed).not.toContain(sha256Of(TOKEN));
  });
});
