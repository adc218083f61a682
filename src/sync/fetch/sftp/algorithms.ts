/** Which algorithms are used with an sFTP server, and what is said where it offers others. */
import type { Algorithms, KexAlgorithm, ServerHostKeyAlgorithm } from 'ssh2';

const KEX: readonly KexAlgorithm[] = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group-exchange-sha256',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group15-sha512',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group17-sha512',
  'diffie-hellman-group18-sha512',
];

/** With SHA-1, but of 2,048 bits at least: group 1 can be broken, and stays out. */
const LEGACY_KEX: readonly KexAlgorithm[] = [
  'diffie-hellman-group-exchange-sha1',
  'diffie-hellman-group14-sha1',
];

/** The signature with SHA-1, which a server without the newer ones makes with its RSA key. */
const LEGACY_HOST_KEY: ServerHostKeyAlgorithm = 'ssh-rsa';

/** How a server may prove that it has a host key, by the type of the key; the preferred first. */
const HOST_KEYS: ReadonlyMap<string, readonly ServerHostKeyAlgorithm[]> = new Map([
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
]);

/** The types of host keys that can be checked, the preferred first. */
export const HOST_KEY_TYPES: readonly string[] = [...HOST_KEYS.keys()];

/** The signatures a host key of this type may come with. */
function signaturesOf(type: string, legacy: boolean): readonly ServerHostKeyAlgorithm[] {
  const signatures = HOST_KEYS.get(type) ?? [];
  return legacy && type === LEGACY_HOST_KEY ? [...signatures, LEGACY_HOST_KEY] : signatures;
}

/** What to ask a server for, to see a host key of one of these types. */
export function algorithmsFor(hostKeyTypes: readonly string[], legacy: boolean): Algorithms {
  return {
    kex: legacy ? [...KEX, ...LEGACY_KEX] : [...KEX],
    serverHostKey: hostKeyTypes.flatMap((type) => signaturesOf(type, legacy)),
  };
}

/** One list of a handshake, as ssh2 tells it; a test holds it to what it says. */
const SAID =
  /^Handshake: \((local|remote)\) (KEX method|Host key format|[CS]->[CS] [a-zA-Z]+): (.*)$/;

const KINDS: ReadonlyMap<string, string> = new Map([
  ['KEX method', 'key exchange'],
  ['Host key format', 'host key algorithm'],
]);

/** What is no algorithm, but said in the list of the key exchanges. */
const NO_KEX = /^(ext-info|kex-strict)-/;
const NAME = /^[A-Za-z0-9@._-]{1,64}$/;
const SHOWN_MAX = 20;

/** What a server offers in its handshake. The lists are compared one after the other. */
export class ServerOffer {
  #kind = '';
  #ours: readonly string[] = [];
  #theirs: readonly string[] = [];
  #hostKeys: readonly string[] = [];

  /** Takes a line of what ssh2 says; others than those of the lists say nothing. */
  readonly read = (line: string): void => {
    const [, side, kind = '', list = ''] = SAID.exec(line) ?? [];
    if (side === undefined) return;
    const names = list.split(',').filter((name) => NAME.test(name) && !NO_KEX.test(name));
    this.#kind = kind;
    if (side === 'local') this.#ours = names;
    else this.#theirs = names;
    if (side === 'remote' && kind === 'Host key format') this.#hostKeys = names;
  };

  /** Whether the server can show a host key of this type. */
  has(type: string, legacy: boolean): boolean {
    return signaturesOf(type, legacy).some((signature) => this.#hostKeys.includes(signature));
  }

  /** Whether only a signature with SHA-1 keeps its RSA key from being looked at. */
  get hidesRsa(): boolean {
    return this.has(LEGACY_HOST_KEY, true) && !this.has(LEGACY_HOST_KEY, false);
  }

  /** Why a handshake ended without a choice: the list that was compared last has none. */
  mismatch(legacy: boolean) {
    const kind = KINDS.get(this.#kind) ?? this.#kind.replace(/^[CS]->[CS] /, '');
    const helps = [LEGACY_HOST_KEY, ...LEGACY_KEX].some((name) => this.#theirs.includes(name));
    const old = 'until then --legacy-algorithms allows ssh-rsa and SHA-1 with this server';
    const ask = `Ask its operator for one of the expected ones`;
    return {
      what: `the server offers no ${kind} that is safe to use`,
      expected: shown(this.#ours),
      got: shown(this.#theirs),
      fix: helps && !legacy ? `${ask}; ${old}` : ask,
    };
  }
}

function shown(names: readonly string[]): string {
  const more = names.length > SHOWN_MAX ? ', ...' : '';
  return (names.slice(0, SHOWN_MAX).join(', ') || 'none') + more;
}
