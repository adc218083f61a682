import { prepareJudge } from '../../engine/judge.ts';
import { KeyJudge } from '../../engine/key-judge.ts';
import type { ListHandle } from '../../list/mapping.ts';
import { VERDICT_BLOCKED } from '../../verdict/verdict.ts';

/** Keys per call of the judge. */
const BATCH_KEYS = 1_024;

/** The registration day of a key that is not on the list. */
export const NOT_LISTED = -1;

/**
 * Looks up keys with the same judge as a server, without opt-ins, so that every listed key is
 * blocked. Returns a registration day for each key: 0 = unknown, {@link NOT_LISTED} if not blocked.
 * Errors: ERR_IO, ERR_FORMAT_INDEX.
 */
export async function lookUp(
  handle: ListHandle,
  keys: readonly number[],
  todayDay: number,
): Promise<Int32Array> {
  const lists = { handles: [handle], kernel: 'auto' } as const;
  const judge = KeyJudge.open(await prepareJudge(lists, KeyJudge.bytesOf(BATCH_KEYS)), BATCH_KEYS);
  const found = new Int32Array(keys.length).fill(NOT_LISTED);
  for (let first = 0; first < keys.length; first += BATCH_KEYS) {
    const batch = keys.slice(first, first + BATCH_KEYS);
    batch.forEach((key, index) => {
      judge.words[index * 2] = key % 0x1_0000_0000;
      judge.words[index * 2 + 1] = Math.floor(key / 0x1_0000_0000);
    });
    judge.judge(batch.length, { hasOptIns: false, wantsDays: true, todayDay });
    let listed = 0;
    for (let index = 0; index < batch.length; index++) {
      if (judge.verdicts[index] !== VERDICT_BLOCKED) continue;
      found[first + index] = judge.registeredDays[listed++] ?? NOT_LISTED;
    }
  }
  return found;
}
