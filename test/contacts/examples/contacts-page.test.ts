import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DOUBT_KINDS } from '#tacet/contacts/cells/doubts.js';
import { PRINTED_OUTCOMES } from '#tacet/contacts/judge/outcome.js';
import { DEDUPE_OPTIONS } from '#tacet/options/dedupe.js';

const page = readFileSync('docs/CONTACTS.md', 'utf8');

/** What has pages of its own: the engine, registers, a list that is gone, the summary, proof. */
const ELSEWHERE = [
  'server',
  'new-version',
  'proxy',
  'tls-ca',
  'tls-cert',
  'tls-key',
  'tls-server-name',
  'token-file',
  'quiet',
  'restarts-max',
  'advertiser',
  'job-id',
  'workers',
  'state',
  'ledger',
  'ledger-key',
  'lock-wait',
  'proof',
  'receipt',
  'job-secret',
];

it('the page on contact files names every flag of dedupe that is about them, and no other', () => {
  const named = new Set([...page.matchAll(/--([a-z][a-z-]*)/g)].map(([, flag]) => flag));
  const known = Object.values(DEDUPE_OPTIONS).map(({ flag }) => flag);
  expect(known.filter((flag) => !named.has(flag)).sort()).toEqual([...ELSEWHERE].sort());
  expect([...named].filter((flag) => !known.includes(flag ?? ''))).toEqual([]);
});

it('it has a row for every kind of doubt, and no other', () => {
  const section = page.slice(page.indexOf('## Rows in doubt'), page.indexOf('## What may stand'));
  const kinds = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, kind]) => kind);
  expect(kinds).toEqual([...DOUBT_KINDS]);
});

it('it names the reasons that contact files alone have', () => {
  const reasons = PRINTED_OUTCOMES.filter((printed) => printed?.verdict === 'undecided');
  expect(reasons.map((printed) => printed?.reason)).toEqual([
    'row-structure',
    'other-column-listed',
  ]);
  for (const printed of reasons) expect(page).toContain(`\`${printed?.reason}\``);
});
