import { isDeepStrictEqual } from 'node:util';
import type { Access } from './access.ts';

/** Names that came, went, or stand for something else now. */
interface NameChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** What became of an access file: a line for the log, without tokens, hashes and certificates. */
interface AccessChanges {
  readonly parties: NameChanges;
  readonly clients: NameChanges;
  /** SHA-256 of the file, before and now. */
  readonly before: string;
  readonly after: string;
}

/** So many names of each kind are told, then how many more there are. */
const NAMES_MAX = 50;

/** What changed from one version of the file to another, by name. */
export function changesBetween(before: Access, after: Access): AccessChanges {
  return {
    parties: namesBetween(before.parties, after.parties),
    clients: namesBetween(clientsOf(before), clientsOf(after)),
    before: before.digest,
    after: after.digest,
  };
}

/** Clients by name, each with the id of its party: what changes of a party is told there. */
function clientsOf({ clients }: Access): ReadonlyMap<string, object> {
  const named = [...clients].map(([name, { entry }]): [string, object] => [
    name,
    { ...entry, party: entry.party.id },
  ]);
  return new Map(named);
}

function namesBetween(
  before: ReadonlyMap<string, object>,
  after: ReadonlyMap<string, object>,
): NameChanges {
  const kept = [...after.keys()].filter((name) => before.has(name));
  return {
    added: told([...after.keys()].filter((name) => !before.has(name))),
    removed: told([...before.keys()].filter((name) => !after.has(name))),
    changed: told(kept.filter((name) => !isDeepStrictEqual(before.get(name), after.get(name)))),
  };
}

function told(names: readonly string[]): readonly string[] {
  if (names.length <= NAMES_MAX) return names;
  return [...names.slice(0, NAMES_MAX), `and ${names.length - NAMES_MAX} more`];
}
