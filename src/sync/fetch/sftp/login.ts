/** Logs in to an sFTP server by what it asks for: a key, a password, or both. */
import type {
  AuthHandlerMiddleware,
  KeyboardInteractiveAuthMethod,
  KeyboardInteractiveCallback,
  Prompt,
} from 'ssh2';
import type { ErrorDetail } from '../../../errors.ts';
import type { Credentials } from '../fetch.ts';

type Method = 'none' | 'publickey' | 'password' | 'keyboard-interactive';

const WORDS: Readonly<Record<string, string>> = {
  publickey: 'key',
  password: 'password',
  'keyboard-interactive': 'password',
};

/** What a prompt for the password says, and what one for something else says. */
const PASSWORD = /passwor[dt]|passphrase|wachtwoord|mot de passe|kennwort/i;
const NEW_PASSWORD = /\b(new|again|retype|change|expired|nieuw\w*|nouveau|neues)\b/i;
/** Also above a prompt, which itself may say no more than "Password". */
const SECOND_FACTOR =
  /one.?time|passcode|authenticator|securid|\b(t?otp|code|token|pin|2fa|mfa|sms|verif\w*)\b/i;
const PROMPT_CHARACTERS_MAX = 80;

/** What an error says; the rest is added where it is thrown. */
type Failure = Pick<ErrorDetail, 'what' | 'fix'>;

/**
 * Answers what a server asks for, and each but once: a wrong password that is sent again and again
 * locks accounts. A prompt is answered with the password only if it is for the password.
 */
export class Login {
  readonly #user: string;
  readonly #credentials: Credentials;
  readonly #fail: (failure: Failure) => void;
  readonly #tried: Method[] = [];
  readonly #taken: Method[] = [];
  /** What the server asks for, as it last said. */
  #asked: readonly string[] = [];
  /** Whether the password was given to a prompt. */
  #answered = false;

  /** @param fail called once the server cannot be satisfied */
  constructor(user: string, credentials: Credentials, fail: (failure: Failure) => void) {
    this.#user = user;
    this.#credentials = credentials;
    this.#fail = fail;
  }

  /** What ssh2 calls for the first method, and after each that did not let us in. */
  readonly next: AuthHandlerMiddleware = (methods, isPartial, use) => {
    const last = this.#tried.at(-1);
    if (isPartial === true && last !== undefined) this.#taken.push(last);
    // Null before the first: "none" is how one asks for the methods.
    if (methods !== null) this.#asked = methods;
    const method = methods === null ? 'none' : this.#choose(methods);
    if (method === undefined) {
      this.#fail(this.#refused());
      return;
    }
    this.#tried.push(method);
    const username = this.#user;
    const { password = '' } = this.#credentials;
    if (method === 'password') use({ type: method, username, password });
    else if (method !== 'keyboard-interactive') use(method);
    else {
      const prompt: KeyboardInteractiveAuthMethod['prompt'] = (name, above, _, prompts, finish) =>
        this.#answer(`${name} ${above}`.trim(), prompts, finish);
      use({ type: method, username, prompt });
    }
  };

  #choose(methods: readonly string[]): Method | undefined {
    const { key, password } = this.#credentials;
    if (key !== undefined && methods.includes('publickey') && !this.#tried.includes('publickey')) {
      return 'publickey';
    }
    const words = ['password', 'keyboard-interactive'] as const;
    if (password === undefined || words.some((word) => this.#tried.includes(word)))
      return undefined;
    return words.find((word) => methods.includes(word));
  }

  #answer(above: string, prompts: readonly Prompt[], finish: KeyboardInteractiveCallback): void {
    const [first, second] = prompts;
    const { password } = this.#credentials;
    const text = first?.prompt ?? '';
    const isOther = NEW_PASSWORD.test(text) || SECOND_FACTOR.test(`${above} ${text}`);
    const isPassword = PASSWORD.test(text) && !isOther && first?.echo !== true;
    if (isPassword && second === undefined && password !== undefined && !this.#answered) {
      this.#answered = true;
      finish([password]);
      return;
    }
    const words = [above, ...prompts.map(({ prompt }) => prompt)].filter((word) => word !== '');
    this.#fail({
      what: `the server asks the user ${this.#user} ${words.map(shown).join(' and ')}`,
      fix:
        'Nobody is there at night to answer: ask its operator for an account that logs in with ' +
        'a key, a password or both',
    });
  }

  /** The server wants another password before it lets the user in. */
  readonly changePassword = (): void =>
    this.#fail({
      what: `the server wants the user ${this.#user} to change the password first`,
      fix: 'Change it with another client, or ask the operator of the server',
    });

  /** Why the server did not let the user in, once no method is left. */
  #refused(): Failure {
    const user = `the user ${this.#user}`;
    const asked = this.#asked.join(' or ') || 'no method';
    const sent = this.#tried.filter((method) => method !== 'none');
    const refusedWords = sent
      .filter((method) => !this.#taken.includes(method))
      .map((method) => WORDS[method]);
    if (refusedWords.length > 0) {
      const what = refusedWords.join(' and the ');
      return {
        what: `the server refused the ${what} of ${user}`,
        fix: `Check the user and the ${what}, and whether the account is still open`,
      };
    }
    const [taken] = this.#taken;
    const { key, password } = this.#credentials;
    const missing = [
      ...(key === undefined ? ['give a key (--key-file)'] : []),
      ...(password === undefined ? ['give a password (--password-file)'] : []),
    ];
    return {
      what:
        taken === undefined
          ? `the server lets ${user} in by ${asked} only`
          : `the server took the ${WORDS[taken]} of ${user}, and asks for ${asked} as well`,
      fix: `Ask its operator for another way in${missing.map((way) => `, or ${way}`).join('')}`,
    };
  }
}

/** The server's words, without what a terminal would act on. */
function shown(words: string): string {
  const text = words.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ').trim();
  const more = text.length > PROMPT_CHARACTERS_MAX ? '...' : '';
  return `"${text.slice(0, PROMPT_CHARACTERS_MAX)}${more}"`;
}
