import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { serverWith } from './fixture.ts';
import { makeServerKey, PASSWORD, type Quirks } from './sftp-server.ts';

const KEY = makeServerKey('ed25519');
const OTHER = makeServerKey('ed25519');
const KEY_ONLY: Quirks = { methods: ['publickey'], authorized: KEY.privateKey };
const BOTH: Quirks = { methods: ['publickey', 'password'], authorized: KEY.privateKey };
const ASKING: Quirks = { methods: ['keyboard-interactive'] };
const SWITCHED = { result: 'switched', entries: 5_000 };
const secret = (prompt: string) => ({ prompt, echo: false });

describe('a server that asks for a key and a password', () => {
  it.each([
    ['password', BOTH],
    ['keyboard-interactive', { ...BOTH, methods: ['publickey', 'keyboard-interactive'] }],
  ] as const)('gets both, the latter by %s', async (method, quirks) => {
    const { server, sync } = await serverWith(quirks);
    expect(await sync({ key: KEY.privateKey })).toMatchObject(SWITCHED);
    // Asked whether the key is known, then shown that we have it.
    expect(server.tried).toEqual(['publickey', 'publickey', method]);
  });

  it.each([
    ['key', { password: undefined, key: KEY.privateKey }, 'took the key', '--password-file'],
    ['password', {}, 'in by publickey only', '--key-file'],
  ])('says so where there is but a %s', async (_, given, says, fix) => {
    const { sync } = await serverWith(BOTH);
    const { message, error } = await sync(given);
    expect(error?.code).toBe('ERR_FETCH');
    expect(message).toContain(says);
    expect(message).toContain(fix);
  });

  it('says which of them it refused', async () => {
    const { sync } = await serverWith(BOTH);
    const wrongKey = await sync({ key: OTHER.privateKey });
    expect(wrongKey.message).toContain('the server refused the key of the user acme');
    const wrongPassword = await sync({ key: KEY.privateKey, password: 'wrong-5514' });
    expect(wrongPassword.message).toContain('the server refused the password of the user acme');
    expect(JSON.stringify([wrongKey, wrongPassword])).not.toMatch(/PRIVATE|wrong-5514/);
  });

  it('gets the password alone where that is enough', async () => {
    const { server, sync } = await serverWith();
    expect(await sync({ key: OTHER.privateKey })).toMatchObject(SWITCHED);
    expect(server.tried).toEqual(['password']);
  });
});

describe('a server that asks questions', () => {
  it.each(['Password: ', "acme@host's password:", 'Wachtwoord:', 'Mot de passe : '])(
    'gets the password where it asks %j',
    async (prompt) => {
      const { server, sync } = await serverWith({ ...ASKING, prompts: [secret(prompt)] });
      expect(await sync()).toMatchObject(SWITCHED);
      expect(server.tried).toEqual(['keyboard-interactive']);
    },
  );

  it.each([
    ['for a code', [secret('Verification code: ')], '"Verification code:"'],
    [
      'for a one-time password',
      [secret('One-time password (OATH): ')],
      '"One-time password (OATH):"',
    ],
    ['for a new password', [secret('New password: ')], '"New password:"'],
    ['for two things', [secret('Password: '), secret('Token: ')], '"Password:" and "Token:"'],
    ['for what it shows', [{ prompt: 'Password: ', echo: true }], '"Password:"'],
    ['in control characters', [secret('\u001b[2JCode\u0007: ')], '"[2JCode :"'],
  ])('%s is refused, with its words, and gets nothing', async (_, prompts, asked) => {
    const { sync } = await serverWith({ ...ASKING, prompts });
    const { message, error } = await sync();
    expect(error?.code).toBe('ERR_FETCH');
    expect(message).toContain(`the server asks the user acme ${asked}`);
    expect(message).toContain('a key, a password or both');
    expect(message).not.toContain(PASSWORD);
  });

  it('for a code above a prompt for a password is refused as well', async () => {
    const instructions = 'Your token is due';
    const { sync } = await serverWith({ ...ASKING, instructions, prompts: [secret('Password: ')] });
    const { message } = await sync();
    expect(message).toContain('asks the user acme "Your token is due" and "Password:"');
  });

  it('that the password be changed is told so', async () => {
    const { sync } = await serverWith({ expiresPassword: true });
    const { message, error } = await sync();
    expect(error?.code).toBe('ERR_FETCH');
    expect(message).toContain('the server wants the user acme to change the password first');
  });

  it('refuses a wrong password after one try', async () => {
    const { server, sync } = await serverWith(ASKING);
    const { message } = await sync({ password: 'wrong-5515' });
    expect(message).toContain('the server refused the password of the user acme');
    expect(server.tried).toEqual(['keyboard-interactive']);
  });
});

describe('a key', () => {
  const types = [
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
    ['ECDSA P-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['ECDSA P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['ECDSA P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
  ] as const;
  const passphrase = 'a passphrase 5516';

  it.each(types)('of %s as PKCS#8 logs in, plain, encrypted, or in a variable', async (_, make) => {
    const { publicKey, privateKey } = make();
    const { place, sync } = await serverWith({ ...KEY_ONLY, authorized: lineOf(publicKey) });
    const plain = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const cipher = 'aes-256-cbc';
    const encrypted = privateKey
      .export({ type: 'pkcs8', format: 'pem', cipher, passphrase })
      .toString();
    const passphraseFile = place.write('passphrase', `${passphrase}\n`);
    expect(await sync({ key: plain })).toMatchObject(SWITCHED);
    const again = { result: 'unchanged' };
    expect(await sync({ key: encrypted, passphraseFile })).toMatchObject(again);
    expect(await sync({ key: plain.replaceAll('\n', '\\n') })).toMatchObject(again);
    expect(await sync({ key: `"${plain.replaceAll('\n', '\\r\\n')}"` })).toMatchObject(again);
    const wrong = await sync({ key: encrypted, passphraseFile: place.write('wrong', 'no\n') });
    expect(wrong.error?.code).toBe('ERR_FETCH');
    expect(wrong.message).toContain('TACET_SYNC_KEY: the key cannot be used');
    expect(wrong.message).not.toMatch(/PRIVATE|5516/);
  });

  it('of OpenSSH logs in with its line ends escaped', async () => {
    const { sync } = await serverWith(KEY_ONLY);
    expect(await sync({ key: KEY.privateKey.replaceAll('\n', '\\n') })).toMatchObject(SWITCHED);
  });

  it('of a type that SSH does not know is refused by name', async () => {
    const { sync } = await serverWith(KEY_ONLY);
    const { privateKey } = generateKeyPairSync('x25519');
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const { message } = await sync({ key });
    expect(message).toContain('SSH has no keys of this type, expected RSA, Ed25519');
    expect(message).toContain('got x25519');
  });
});

/** A public key as a line of authorized_keys (RFC 4253, 5656, 8709). */
function lineOf(publicKey: KeyObject): string {
  const { kty, crv = '', n = '', e = '', x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');
  const curve = crv.replace('P-', 'nistp');
  const [type, ...fields] =
    kty === 'RSA'
      ? ['ssh-rsa', bytes(e), Buffer.concat([Buffer.from([0]), bytes(n)])]
      : kty === 'OKP'
        ? ['ssh-ed25519', bytes(x)]
        : [`ecdsa-sha2-${curve}`, curve, Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)])];
  const blob = [type ?? '', ...fields].map((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return Buffer.concat([length, Buffer.from(field)]);
  });
  return `${type} ${Buffer.concat(blob).toString('base64')}`;
}
