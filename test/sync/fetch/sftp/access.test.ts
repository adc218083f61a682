import { afterAll, describe, expect, it } from 'vitest';
import { readAccess } from '#tacet/sync/fetch/sftp/access.js';
import { parseSourceAddress } from '#tacet/sync/fetch/source-address.js';
import { checkSyncOptions, type SyncOptions, secretsOf } from '#tacet/sync/options.js';
import { Place } from '../../fixture.ts';

const place = new Place();
afterAll(() => place.remove());
const FROM = 'sftp://acme@127.0.0.1:22/dncm.txt';
const keyFile = place.write('key', 'the key in the file\n');
const passwordFile = place.write('password', 'the password in the file\n');
const passphraseFile = place.write('passphrase', 'the passphrase\n');
const key = 'the key itself\n';
const password = 'the password itself';

/** What logs in with these options. */
async function credentialsWith(changes: Partial<SyncOptions>) {
  const options = place.options({ from: FROM, ...changes });
  checkSyncOptions(options);
  const address = parseSourceAddress(FROM);
  if (address.kind !== 'sftp') throw new Error(address.kind);
  const { credentials } = await readAccess(options, address);
  return credentials;
}

describe('what logs in to an sFTP server', () => {
  it.each([
    ['a file', { keyFile, passwordFile, key, password }, 'in the file'],
    ['the environment', { key, password }, 'itself'],
  ])('is a key, a password or both, from %s', async (_, { ...given }, from) => {
    const both = { key: `the key ${from}\n`, password: `the password ${from}` };
    expect(await credentialsWith(given)).toMatchObject(both);
    const keyless = { ...given, keyFile: undefined, key: undefined };
    expect(await credentialsWith(keyless)).toMatchObject({ ...both, key: undefined });
    const wordless = { ...given, passwordFile: undefined, password: undefined };
    expect(await credentialsWith(wordless)).toMatchObject({ ...both, password: undefined });
  });

  it('is a key with its passphrase, wherever the key is', async () => {
    const passphrase = 'the passphrase';
    expect(await credentialsWith({ keyFile, passphraseFile })).toMatchObject({ passphrase });
    expect(await credentialsWith({ key, passphraseFile })).toMatchObject({ key, passphrase });
    for (const none of [{}, { password }, { passwordFile }]) {
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
