import { afterAll, describe, expect, it } from 'vitest';
import { readAccess } from '#tacet/sync/fetch/access.js';
import { parseSourceAddress } from '#tacet/sync/fetch/source-address.js';
import { checkSyncOptions, type SyncOptions, secretsOf } from '#tacet/sync/options.js';
import { Place } from '../fixture.ts';

const place = new Place();
afterAll(() => place.remove());
const FROM = 'sftp://acme@127.0.0.1:22/dncm.txt';
const keyFile = place.write('key', 'the key in the file\n');
const passwordFile = place.write('password', 'the password in the file\n');
const passphraseFile = place.write('passphrase', 'the passphrase\n');
const key = 'the key itself\n';
const password = 'the password itself';

/** What logs in with these options; keys as text. */
async function credentialsWith(changes: Partial<SyncOptions>) {
  const options = place.options({ from: FROM, ...changes });
  checkSyncOptions(options);
  const address = parseSourceAddress(FROM);
  if (address.kind !== 'sftp') throw new Error(address.kind);
  const { credentials } = await readAccess(options, address);
  return credentials.kind === 'key'
    ? { ...credentials, key: credentials.key.toString() }
    : credentials;
}

describe('what logs in to an sFTP server', () => {
  it.each([
    ['a key in a file', { keyFile, key, password }, 'the key in the file\n'],
    ['a password in a file', { passwordFile, key, password }, 'the password in the file'],
    ['a key in the environment', { key, password }, 'the key itself\n'],
    ['a password in the environment', { password }, 'the password itself'],
  ])('is %s before all that follows', async (_, options, secret) => {
    const found = await credentialsWith(options);
    expect(found.kind === 'key' ? found.key : found.password).toBe(secret);
  });

  it('is a key with its passphrase, wherever the key is', async () => {
    const passphrase = 'the passphrase';
    expect(await credentialsWith({ keyFile, passphraseFile })).toMatchObject({ passphrase });
    expect(await credentialsWith({ key, passphraseFile })).toMatchObject({ key, passphrase });
    for (const none of [{}, { password }, { key, passwordFile }]) {
      await expect(credentialsWith({ ...none, passphraseFile })).rejects.toMatchObject({
        code: 'ERR_OPTION',
        detail: { where: '--passphrase-file' },
      });
    }
  });

  it('is missing where there is nothing of it, and every way is named', async () => {
    await expect(credentialsWith({})).rejects.toThrow(
      'Give --key-file, --password-file, TACET_SYNC_KEY or TACET_SYNC_PASSWORD',
    );
  });

  it('comes from the environment where it is not empty', () => {
    expect(secretsOf({ TACET_SYNC_KEY: key, TACET_SYNC_PASSWORD: password })).toEqual({
      key,
      password,
    });
    expect(secretsOf({ TACET_SYNC_KEY: '' })).toEqual({ key: undefined, password: undefined });
  });
});
