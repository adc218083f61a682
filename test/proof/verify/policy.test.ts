import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type SignatureType, verifierKeyOf } from '#tacet/proof/format/note.js';
import { isQuorum, parsePolicy } from '#tacet/proof/verify/policy.js';

const keyOf = (name: string, type: SignatureType): string =>
  verifierKeyOf(name, generateKeyPairSync('ed25519').privateKey, type).text;
const LOG = keyOf('log.example', 'ed25519');
const W = [1, 2, 3, 4].map((n) => keyOf(`w${n}.example`, 'cosignature'));

const parse = (...lines: readonly string[]) => parsePolicy(lines.join('\n'), 'policy');

describe('a policy', () => {
  it('names logs, and asks for no witness', () => {
    const policy = parse('# ours', '', ` \tlog  ${LOG}\thttps://log.example/ `, 'quorum none', '');
    expect(policy.logs.map(({ text }) => text)).toEqual([LOG]);
    expect(isQuorum(policy, new Set())).toBe(true);
  });

  it('asks for a witness', () => {
    const policy = parse(`log ${LOG}`, `witness A ${W[0]}`, 'quorum A');
    expect(isQuorum(policy, new Set())).toBe(false);
    expect(isQuorum(policy, new Set(['A']))).toBe(true);
  });

  it('asks for groups of groups', () => {
    const policy = parse(
      ...[`log ${LOG}`, `witness A ${W[0]}`, `witness B ${W[1]}`, `witness C ${W[2]}`],
      ...[`witness D ${W[3]} https://w4.example/`, 'group two 2 A B C', 'group one any D'],
      ...['group both all two one', 'quorum both'],
    );
    for (const [cosigned, is] of [
      ['ABC', false],
      ['AD', false],
      ['ABD', true],
      ['BCD', true],
      ['D', false],
    ] as const) {
      expect(isQuorum(policy, new Set(cosigned)), cosigned).toBe(is);
    }
  });

  it.each([
    ['no log', ['quorum none'], 'no log line'],
    ['no quorum', [`log ${LOG}`], 'no quorum line'],
    ['two quorums', [`log ${LOG}`, 'quorum none', 'quorum none'], 'line 3: a second quorum'],
    ['another word', [`log ${LOG}`, 'quorom none'], 'line 2: unknown line "quorom"'],
    ['a malformed key', ['log abc', 'quorum none'], 'line 1: a verifier key is not'],
    ['a key of a witness for a log', [`log ${W[0]}`], 'line 1: a key of another kind'],
    ['a key of a log for a witness', [`log ${LOG}`, `witness A ${LOG}`], 'of another kind'],
    ['a key twice', [`log ${LOG}`, `log ${LOG}`], 'line 2: a key that is there'],
    ['a name twice', [`witness A ${W[0]}`, `witness A ${W[1]}`], 'line 2: no new name'],
    ['the name none', [`witness none ${W[0]}`], 'line 1: no new name'],
    ['an unknown quorum', [`log ${LOG}`, 'quorum A'], 'line 2: a name that no line before'],
    ['an unknown member', ['group g any A'], 'line 1: a member that no line before'],
    ['a member twice', [`witness A ${W[0]}`, 'group g 1 A A'], 'line 2: a member twice'],
    ['no member', ['group g any'], 'line 1: no such threshold'],
    ['too high a threshold', [`witness A ${W[0]}`, 'group g 2 A'], 'line 2: no such threshold'],
    ['a threshold of zero', [`witness A ${W[0]}`, 'group g 0 A'], 'line 2: no such threshold'],
  ])('with %s is refused', (_, lines, what) => {
    expect(() => parse(...lines)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION', message: expect.stringContaining(what) }),
    );
  });
});
