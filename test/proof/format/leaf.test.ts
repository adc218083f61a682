import { describe, expect, it } from 'vitest';
import { canonicalJson, parseCanonicalJson } from '#tacet/proof/format/canonical-json.js';
import { leafBytes, parseLeaf } from '#tacet/proof/format/leaf.js';
import { dedupeLeaf } from '../leaves.ts';

const refused = (what: string) =>
  expect.objectContaining({ code: 'ERR_PROOF', message: expect.stringContaining(what) });

describe('canonical JSON', () => {
  it('has keys in order, no spaces, and the escapes of RFC 8785', () => {
    expect(
      canonicalJson({ b: [1, true, null], a: 'é€\u000f\n"\\/\u2028😀', 'a-': {}, A: '' }),
    ).toBe('{"A":"","a":"é€\\u000f\\n\\"\\\\/\u2028😀","a-":{},"b":[1,true,null]}');
    expect(canonicalJson({ 10: 1, 9: 2 })).toBe('{"10":1,"9":2}');
  });

  it.each([
    ['a fraction', 1.5],
    ['2^53', 2 ** 53],
    ['a negative number', -1],
    ['minus zero', -0],
    ['no number', Number.NaN],
    ['half a surrogate pair', 'a\ud800'],
    ['a key beyond ASCII', { é: 1 }],
    ['a deep list', JSON.parse('['.repeat(18) + ']'.repeat(18))],
  ])('does not write %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(refused('not canonical JSON'));
  });

  it.each([
    ['a key twice', '{"a":1,"a":1}'],
    ['a space', '{"a": 1}'],
    ['a line end', '{"a":1}\n'],
    ['keys in another order', '{"b":1,"a":1}'],
    ['an exponent', '{"a":1e0}'],
    ['a fraction of zero', '{"a":1.0}'],
    ['minus zero', '{"a":-0}'],
    ['an escape that is not needed', '{"a":"\\u0041"}'],
    ['an escaped slash', '{"a":"\\/"}'],
    ['capitals in an escape', '{"a":"\\u000F"}'],
    ['a byte order mark', '\ufeff{"a":1}'],
    ['half a surrogate pair', '{"a":"\\ud800"}'],
    ['a large number', '{"a":9007199254740993}'],
    ['no JSON', '{'],
    ['60,000 brackets', '['.repeat(30_000) + ']'.repeat(30_000)],
  ])('is not read with %s', (_, text) => {
    expect(() => parseCanonicalJson(Buffer.from(text), 'it')).toThrow(
      expect.objectContaining({ code: 'ERR_PROOF' }),
    );
  });

  it('is not read where it is not UTF-8', () => {
    const bytes = Buffer.from('{"a":"\xff"}', 'latin1');
    expect(() => parseCanonicalJson(bytes, 'it')).toThrow(refused('it is not UTF-8'));
  });
});

const asJson = (): Record<string, unknown> => JSON.parse(leafBytes(dedupeLeaf()).toString());
const parse = (leaf: object) => parseLeaf(Buffer.from(canonicalJson(leaf as never)));

/** As canonical JSON would have it, if it had such values. */
function sorted(leaf: object): string {
  const byName = ([one]: [string, unknown], [other]: [string, unknown]) => (one < other ? -1 : 1);
  return JSON.stringify(leaf, (_, value: unknown) => {
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isRecord ? Object.fromEntries(Object.entries(value).sort(byName)) : value;
  });
}
const counts = (changes: object) => ({ ...(asJson()['counts'] as object), ...changes });
const listWith = (changes: object) => ({ ...(asJson()['lists'] as object[])[0], ...changes });

describe('a leaf', () => {
  it('is read as it was written', () => {
    const bytes = leafBytes(dedupeLeaf());
    expect(parseLeaf(bytes)).toEqual(dedupeLeaf());
    expect(leafBytes(parseLeaf(bytes)).equals(bytes)).toBe(true);
    expect(bytes.toString()).toMatch(/^\{"advertiser":\{"id":"acme","name":"ACME"\},"channel"/);
  });

  it.each(Object.keys(asJson()))('without %s is refused', (name) => {
    const { [name]: _, ...rest } = asJson();
    expect(() => parse(rest)).toThrow(expect.objectContaining({ code: 'ERR_PROOF' }));
  });

  it.each([
    ['a field besides', { more: 1 }],
    ['another version', { v: 2 }],
    ['another type', { type: 'job' }],
    ['a type that every object has', { type: 'constructor' }],
    ['a short id', { id: '00' }],
    ['capitals in an id', { id: '00112233445566778899AABBCCDDEEFF' }],
    ['another purpose', { purpose: 'marketing' }],
    ['a list without a digest', { lists: [{ ...(asJson()['lists'] as object[])[0], sha256: '' }] }],
    ['a text for a list', { lists: 'dncm' }],
    ['verdicts that do not add up', { counts: { ...(asJson()['counts'] as object), blocked: 4 } }],
    ['an end before its start', { finished: 1 }],
    [
      'more opt-ins that are unreadable than numbers',
      { counts: counts({ opt_in_unreadable: 11 }) },
    ],
    ['a time behind the year 9999', { finished: 8_640_000_000_000_001 }],
    ['a time before 1970', { started: -1 }],
    ['half a millisecond', { started: 0.5 }],
    ['a day that is none', { lists: [listWith({ snapshot_date: '2026-02-30' })] }],
    ['a month that is none', { lists: [listWith({ valid_until: '2026-13-01T00:00:00Z' })] }],
    ['an hour that is none', { lists: [listWith({ valid_until: '2026-12-01T24:00:00Z' })] }],
    ...['\n', '\r', '\t', '\u0085', '\u2028', '\u2029', '\u202e', '\u2066', '\u200b', '\u001b'].map(
      (character): [string, object] => [
        `${JSON.stringify(character)} in a text`,
        { client: `a${character}Log  forged` },
      ],
    ),
    [
      'commitments to other rows',
      { rows: { scheme: 'tacet-rows-v1', count: 9, root: 'a0'.repeat(32), by: 'server' } },
    ],
  ])('with %s is refused', (_, changes) => {
    const bytes = Buffer.from(sorted({ ...asJson(), ...changes }));
    expect(() => parseLeaf(bytes)).toThrow(expect.objectContaining({ code: 'ERR_PROOF' }));
  });

  it('of 65,535 bytes at most is written and read', () => {
    const leaf = dedupeLeaf({ licences: [] });
    const id = 'x'.repeat(200);
    const licences = Array.from({ length: 32 }, () => ({ kind: 'k', id, until: null }));
    expect(parseLeaf(leafBytes(dedupeLeaf({ licences })))).toMatchObject({ licences });
    const lists = Array.from({ length: 33 }, () => ('lists' in leaf ? leaf.lists[0] : null));
    expect(() => leafBytes(dedupeLeaf({ lists }))).toThrow(refused('a list of 32 at most'));
    const long = Buffer.from(`{"a":"${'x'.repeat(65_530)}"}`);
    expect(() => parseLeaf(long)).toThrow(refused('over 65535 bytes'));
  });

  it.each([
    [
      {
        type: 'open',
        verifier_key: 'log+c74f20a3+AR',
        previous: null,
        engine: { name: 'tacet', version: '0.1.0' },
        at: 1,
      },
    ],
    [{ type: 'override', list: 'dncm', by: 'An', reason: 'no line', until: null, at: 1 }],
    [{ type: 'key', verifier_key: 'log+1', previous_key: 'log+2', at: 1 }],
    [{ type: 'erase', entries: [1, 2], by: 'An', reason: 'retention', at: 1 }],
    [{ type: 'list', list: (asJson()['lists'] as object[])[0], at: 1 }],
  ])('of another type is written and read: %j', (fields) => {
    const leaf = { v: 1, id: '00'.repeat(16), ...fields };
    expect(parse(leaf)).toEqual(leaf);
    for (const at of [-1, 0.5, 1e300, Number.MAX_SAFE_INTEGER]) {
      const bytes = Buffer.from(sorted({ ...leaf, at }));
      expect(() => parseLeaf(bytes), `${at}`).toThrow(
        expect.objectContaining({ code: 'ERR_PROOF' }),
      );
    }
  });

  it('of a minute of checks has what was asked, and no job', () => {
    const { job_id, region, input, outputs, parts, ...checks } = asJson();
    const leaf = { ...checks, type: 'checks' };
    expect(parse(leaf)).toEqual(leaf);
    expect([job_id, region, input, outputs, parts]).toHaveLength(5);
  });
});
