import { Random } from '#tacet/sample/random.js';

/** Somebody who asks, a number at a time. */
export interface Asker {
  readonly name: string;
  /** Index of the next number, -1 = no more. */
  next(): number;
  /** How many questions are asked on a day; all of them if not given. */
  readonly questionsADay?: number;
  /** Whether the last number came from a customer base in which a walk hides. */
  readonly isCover?: boolean;
}

/** Asks what `indexes` yields. */
export function askerOf(
  name: string,
  indexes: Iterable<number>,
  spread: Pick<Asker, 'questionsADay'> = {},
): Asker {
  const iterator = indexes[Symbol.iterator]();
  return { name, ...spread, next: () => iterator.next().value ?? -1 };
}

/** A walk that hides: of all questions, `share` come from `cover` while there are any. */
export function hidden(
  name: string,
  parts: { readonly walk: Asker; readonly cover: Asker; readonly share: number },
  seed: number,
): Asker {
  const random = new Random(seed, 77);
  const asker = {
    name,
    isCover: false,
    next(): number {
      asker.isCover = random.chance(parts.share);
      return (asker.isCover ? parts.cover : parts.walk).next();
    },
  };
  return asker;
}
