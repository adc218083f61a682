import { readFile } from 'node:fs/promises';
import { ioError, TacetError } from '../../../errors.ts';
import { syncVariable } from '../../../options/sync.ts';
import type { SyncOptions } from '../../options.ts';
import type { Credentials, SftpAccess } from '../fetch.ts';
import type { SftpAddress } from '../source-address.ts';
import { knownKeysOf } from './host-key.ts';
import { readPrivateKey } from './private-key.ts';

/** A known_hosts file may be long; secrets are short. */
const FILE_BYTES_MAX = 1_048_576;

/**
 * Reads the credentials for an sFTP server and the host keys to check it against.
 * Errors: ERR_OPTION if there is nothing to log in with; ERR_FETCH for a key that cannot be used;
 * ERR_IO.
 */
export async function readAccess(options: SyncOptions, address: SftpAddress): Promise<SftpAccess> {
  const { hostKeys, knownHostsFile } = options;
  const text =
    knownHostsFile === undefined ? '' : (await readText(knownHostsFile)).toString('utf8');
  const known = knownKeysOf(text, address.host, address.port);
  return { credentials: await credentialsOf(options), pins: { fingerprints: hostKeys, known } };
}

/** Both a key and a password, where both are given: some servers ask for both. */
async function credentialsOf(options: SyncOptions): Promise<Credentials> {
  const { keyFile, passphraseFile, passwordFile } = options;
  const passphrase = passphraseFile === undefined ? undefined : await readSecret(passphraseFile);
  // A named file takes precedence over the environment.
  const where = keyFile ?? syncVariable('key');
  const bytes = keyFile === undefined ? options.key : await readText(keyFile);
  const password = passwordFile === undefined ? options.password : await readSecret(passwordFile);
  const key =
    bytes === undefined
      ? undefined
      : readPrivateKey({ bytes: Buffer.from(bytes), passphrase, where });
  if (key !== undefined || password !== undefined) return { key, passphrase, password };
  throw new TacetError('ERR_OPTION', {
    what: 'nothing to log in to the sFTP server with',
    where: '--from',
    fix: 'Give --key-file, --password-file, TACET_SYNC_KEY or TACET_SYNC_PASSWORD',
  });
}

/** The first line: editors and `echo` add a line end that is not part of the password. */
async function readSecret(path: string): Promise<string> {
  const [secret = ''] = (await readText(path)).toString('utf8').split(/\r?\n/);
  if (secret !== '') return secret;
  throw new TacetError('ERR_OPTION', { what: 'the first line is empty', where: path });
}

async function readText(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw ioError(path, 'read', cause);
  });
  if (bytes.length <= FILE_BYTES_MAX) return bytes;
  throw new TacetError('ERR_LIMIT', {
    what: `the file holds more than ${FILE_BYTES_MAX} bytes`,
    where: path,
  });
}
