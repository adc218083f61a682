/** Whose logs and witnesses count: a policy file as c2sp.org/tlog-policy has it. */
import { TacetError } from '../../errors.ts';
import { parseVerifierKey, type SignatureType, type VerifierKey } from '../format/note.ts';

const LINES_MAX = 1_000;

/** A group: it has cosigned once so many of its members have. */
interface Group {
  readonly threshold: number;
  readonly members: readonly string[];
}

/** A policy as read. */
export interface Policy {
  /** One of them has to have signed. */
  readonly logs: readonly VerifierKey[];
  /** By the names that the policy gives them. */
  readonly witnesses: ReadonlyMap<string, VerifierKey>;
  readonly groups: ReadonlyMap<string, Group>;
  /** A witness or a group; undefined = nobody need have cosigned. */
  readonly quorum: string | undefined;
}

/** Reads a policy. Errors: ERR_OPTION, with the line; there has to be a log and one quorum line. */
export function parsePolicy(text: string, where: string): Policy {
  const reader = new PolicyReader();
  const lines = text.split('\n');
  if (lines.length > LINES_MAX) throw wrong(where, `more than ${LINES_MAX} lines`);
  for (const [index, line] of lines.entries()) {
    const [word, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
    if (word === undefined || word.startsWith('#')) continue;
    try {
      reader.read(word, items);
    } catch (cause) {
      const what = cause instanceof Error ? cause.message : 'unreadable';
      throw wrong(`${where}, line ${index + 1}`, what, cause);
    }
  }
  const { logs, witnesses, groups, quorum } = reader;
  if (logs.length === 0) throw wrong(where, 'no log line');
  if (quorum === undefined) throw wrong(where, 'no quorum line: `quorum none` asks for no witness');
  return { logs, witnesses, groups, quorum: quorum === 'none' ? undefined : quorum };
}

function wrong(where: string, what: string, cause?: unknown): TacetError {
  const fix = 'A policy has lines such as `log KEY` and `quorum none`';
  return new TacetError('ERR_OPTION', { what, where, fix, cause });
}

/** Whether these witnesses, by the names of the policy, are enough. */
export function isQuorum(policy: Policy, cosigned: ReadonlySet<string>): boolean {
  const has = (name: string): boolean => {
    const group = policy.groups.get(name);
    if (group === undefined) return cosigned.has(name);
    return group.members.filter(has).length >= group.threshold;
  };
  return policy.quorum === undefined || has(policy.quorum);
}

/** The lines of a policy, one after another. */
class PolicyReader {
  readonly logs: VerifierKey[] = [];
  readonly witnesses = new Map<string, VerifierKey>();
  readonly groups = new Map<string, Group>();
  quorum: string | undefined;
  /** A name can be a member once, so that a witness counts in one way. */
  readonly #members = new Set<string>();

  read(word: string, items: readonly string[]): void {
    const [first = '', second = '', ...rest] = items;
    if (word === 'log' && items.length <= 2) this.logs.push(this.#key(first, 'ed25519'));
    else if (word === 'witness' && rest.length <= 1) {
      this.witnesses.set(this.#newName(first), this.#key(second, 'cosignature'));
    } else if (word === 'group') this.#readGroup(first, second, rest);
    else if (word === 'quorum' && items.length === 1) this.#readQuorum(first);
    else throw new Error(`unknown line "${word}"`);
  }

  #key(text: string, type: SignatureType): VerifierKey {
    const key = parseVerifierKey(text);
    if (key.type !== type) throw new Error('a key of another kind');
    const keys = [...this.logs, ...this.witnesses.values()];
    if (keys.some((known) => known.key.equals(key.key))) throw new Error('a key that is there');
    return key;
  }

  #newName(name: string): string {
    if (name === '' || name === 'none' || this.#isKnown(name)) throw new Error('no new name');
    return name;
  }

  #isKnown(name: string): boolean {
    return this.witnesses.has(name) || this.groups.has(name);
  }

  #readGroup(name: string, count: string, members: readonly string[]): void {
    const numbers = new Map([
      ['any', 1],
      ['all', members.length],
    ]);
    const threshold = numbers.get(count) ?? (/^[1-9]\d*$/.test(count) ? Number(count) : 0);
    if (threshold < 1 || threshold > members.length) throw new Error('no such threshold');
    for (const member of members) {
      if (!this.#isKnown(member)) throw new Error('a member that no line before names');
      if (this.#members.has(member)) throw new Error('a member twice');
      this.#members.add(member);
    }
    this.groups.set(this.#newName(name), { threshold, members });
  }

  #readQuorum(name: string): void {
    if (this.quorum !== undefined) throw new Error('a second quorum line');
    if (name !== 'none' && !this.#isKnown(name)) throw new Error('a name that no line before has');
    this.quorum = name;
  }
}
