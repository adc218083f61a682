import { stat } from 'node:fs/promises';
import type { ConnectionOptions, TlsOptions } from '../client/channel/channel.ts';
import { readSmallFile } from '../disk/small-file.ts';
import { TacetError } from '../errors.ts';
import type { CONNECTION_OPTIONS } from '../options/commands.ts';
import type { ValuesOf } from '../options/option.ts';
import { certificatesOf, PEM_BYTES_MAX, privateKeyOf } from '../rpc/tls/certificate-files.ts';
import { usage } from './arguments.ts';
import { printError } from './print.ts';

/** How a command connects: files by name. */
export type ConnectionValues = Partial<ValuesOf<typeof CONNECTION_OPTIONS>>;

const TOKEN_BYTES_MAX = 8192;
const READABLE_BY_OTHERS = 0o004;

/**
 * Reads what is needed to connect to a server. A socket of this machine is never encrypted. Errors:
 * ERR_USAGE, ERR_IO, ERR_LIMIT, ERR_TLS.
 */
export async function connectionOf(
  server: string,
  values: ConnectionValues,
): Promise<ConnectionOptions> {
  const { proxy, tokenFile } = values;
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
  return { proxy, token, tls: server.startsWith('unix:') ? undefined : await tlsOf(values) };
}

/** TACET_TLS_CERT alone does not turn it on: for `tacet serve` it is the server's. */
async function tlsOf(values: ConnectionValues): Promise<TlsOptions | undefined> {
  const { tlsCaFile, tlsCertFile, tlsKeyFile, tlsServerName: serverName } = values;
  if (tlsCaFile === undefined && serverName === undefined) return undefined;
  if (tlsCertFile !== undefined && tlsKeyFile === undefined) {
    throw usage('--tls-cert without --tls-key');
  }
  if (tlsKeyFile !== undefined && tlsCertFile === undefined) {
    throw usage('--tls-key without --tls-cert');
  }
  // Node's to grpc-js, which names an address that is no name to a server over TLS.
  process.noDeprecation = true;
  const ca = await readPem(tlsCaFile, certificatesOf);
  const cert = await readPem(tlsCertFile, certificatesOf);
  const key = await readPem(tlsKeyFile, privateKeyOf);
  return { ca, cert, key, serverName };
}

/** @param check throws ERR_TLS for what it is not, with the name of the file */
async function readPem(
  path: string | undefined,
  check: (pem: Buffer, path: string) => unknown,
): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  const bytes = await readSmallFile(path, PEM_BYTES_MAX);
  check(bytes, path);
  return bytes;
}

async function readToken(path: string): Promise<string> {
  const bytes = await readSmallFile(path, TOKEN_BYTES_MAX);
  const token = bytes.toString().replace(/\r?\n$/, '');
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new TacetError('ERR_OPTION', {
      what: 'there is no token in it',
      where: `--token-file ${path}`,
      expected: 'one line of printable ASCII without blanks',
    });
  }
  if (((await stat(path)).mode & READABLE_BY_OTHERS) !== 0) {
    printError(`warning: everybody on this machine can read the token in ${path}: chmod o-r it`);
  }
  return token;
}
