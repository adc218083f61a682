import { describe, expect, it } from 'vitest';
import type { ListVersionMessage } from '#tacet/wire/gen/messages.js';
import { dedupeService } from '#tacet/wire/service.js';

const LISTS: ListVersionMessage[] = [
  {
    name: 'dncm',
    sha256: 'a'.repeat(64),
    snapshotDate: '2026-11-22',
    entries: 1_500_000,
    validUntilUnix: 1_795_820_400,
    sourceSha256: 'b'.repeat(64),
    revision: 0,
    override: null,
  },
];

const USUAL = { purpose: 1, channel: 1 };
const SERVICE = { purpose: 2, channel: 4 };

const { responseSerialize, responseDeserialize } = dedupeService.Check;

describe('the bytes of a CheckResponse', () => {
  it.each([
    { verdict: 1, reason: 1, e164: '+32475123456', registrationDate: '', ...USUAL },
    { verdict: 2, reason: 10, e164: '+32475123456', registrationDate: '2026-01-31', ...USUAL },
    { verdict: 4, reason: 20, e164: '+999999999999999', registrationDate: '', ...USUAL },
    { verdict: 5, reason: 41, e164: '', registrationDate: '', ...USUAL },
    { ...{ verdict: 6, reason: 3, e164: '+32475123456', registrationDate: '' }, ...SERVICE },
  ])('are read back as they were, %o', (answer) => {
    const by = { by: 'An Peeters', reason: 'ticket 4711', atUnix: 1, untilUnix: 2 };
    const overridden = LISTS.map((list) => ({ ...list, override: by }));
    for (const lists of [LISTS, LISTS, [], [...LISTS, ...LISTS], overridden]) {
      for (const notices of [[], ['No licence.', 'Ünknown advertiser.']]) {
        for (const matchedLists of [0, 1, 3, 128, 2 ** 27]) {
          const response = { ...answer, lists, notices, matchedLists };
          expect(responseDeserialize(responseSerialize(response))).toEqual(response);
        }
      }
    }
  });
});
