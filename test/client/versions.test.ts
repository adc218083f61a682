import { expect, it } from 'vitest';
import { Reconciliation } from '#tacet/client/reconciliation.js';
import type { ListVersionMessage } from '#tacet/wire/gen/messages.js';
import type { DecodedResponse } from '#tacet/wire/response-reader.js';

const version = (letter: string): ListVersionMessage => ({
  ...{ name: 'dncm', sha256: letter.repeat(64), snapshotDate: '2026-11-23', entries: 2 },
  ...{ validUntilUnix: 1_795_906_800, sourceSha256: '0'.repeat(64) },
  revision: 0,
});
const [A, B] = [version('a'), version('b')];
/** A response that names a version, and nothing else. */
const naming = (list: ListVersionMessage): DecodedResponse => ({
  ...{ lists: [list], summary: null, notices: [], purpose: 0, channel: 0 },
  ...{ verdicts: new Uint8Array(0), reasons: new Uint8Array(0) },
  registeredDays: new Uint32Array(0),
  matchedLists: new Uint32Array(0),
});
const TWO = {
  verdicts: Uint8Array.of(1, 2),
  registeredDays: new Uint32Array(0),
  matchedLists: new Uint32Array(0),
  reasons: new Uint8Array(0),
};

it('a version that answered nothing is not among those answered from', () => {
  const answers = new Reconciliation({ onVersionGone: 'record' });
  answers.begin('');
  answers.takeParts(naming(A));
  // Nothing is answered yet, but by A it would be.
  expect(answers.versions).toEqual([{ firstNumber: 0, numbers: 0, lists: [A] }]);
  answers.takeVerdicts(2, TWO);
  // Lost before its summary; the next server has nothing left to answer.
  answers.begin('');
  answers.takeParts(naming(B));
  expect(answers.versions).toEqual([{ firstNumber: 0, numbers: 2, lists: [A] }]);
  answers.takeVerdicts(2, TWO);
  expect(answers.versions).toEqual([
    { firstNumber: 0, numbers: 2, lists: [A] },
    { firstNumber: 2, numbers: 2, lists: [B] },
  ]);
});
