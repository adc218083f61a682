import { Random } from '#tacet/sample/random.js';

/** Somebody who asks, a number at a time. */
export interface Asker {
  readonly name: string;
  /** Index of the next number, -1 = no more. */
  next(): number;
  /** On how many days the questions are asked; all on one if not given. */
  readonly days?: number;
  /** How many clients of the party take turns; one if not given. */
  readonly clients?: number;
  /** Whether the last number came from a customer base in which a walk hides. */
  readonly isCover?: boolean;
}

/** Asks what `indexes` yields. */
export function askerOf(
  name: string,
  indexes: Iterable<number>,
  spread: Pick<Asker, 'days' | 'clients'> = {},
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
