/** The files of a server's certificate: read, and judged before anybody is shown them. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { brusselsTime } from '../../calendar/brussels.ts';
import { readSmallFile } from '../../disk/small-file.ts';
import { TacetError } from '../../errors.ts';

/** PEM files. */
export interface CertificatePaths {
  /** The server's own certificate, then those between it and its authority. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of the clients' certificates; undefined = clients are not asked for any. */
  readonly clientCa: string | undefined;
}

/** A certificate that can be shown to clients: what is in the files. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly clientCa: Buffer | undefined;
  /** When the first of its chain expires, ms since 1970. */
  readonly expiresMs: number;
}

const NOTHING = Buffer.alloc(0);

/** Far more than any chain or bundle of authorities. */
export const PEM_BYTES_MAX = 1024 * 1024;

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
/** PKCS#8, and how PKCS#1 and SEC1 say it. */
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/** Reads the files, in the order of their paths. Errors: ERR_IO, ERR_LIMIT. */
export async function readCertificateFiles(paths: CertificatePaths): Promise<Buffer[]> {
  const { cert, key, clientCa } = paths;
  const contents: Buffer[] = [];
  for (const path of [cert, key, clientCa]) {
    if (path !== undefined) contents.push(await readSmallFile(path, PEM_BYTES_MAX));
  }
  return contents;
}

/**
 * What is in the files, if it can be served: the key belongs to the certificate, the chain is in
 * order and valid now. Errors: ERR_TLS.
 */
export function judge(
  [cert = NOTHING, key = NOTHING, clientCa]: readonly Buffer[],
  paths: CertificatePaths,
  nowMs: number,
): Certificate {
  const chain = certificatesOf(cert, paths.cert);
  checkPair(chain, privateKeyOf(key, paths.key), paths);
  for (const [index, one] of chain.entries()) {
    checkValidity(one, paths.cert, nowMs);
    const issuer = chain[index + 1];
    if (issuer === undefined || (one.checkIssued(issuer) && one.verify(issuer.publicKey))) continue;
    throw unusable(
      paths.cert,
      `certificate ${index + 1} was not issued by the one that follows it`,
      "Put the server's own first, then its issuer, then the issuer of that",
    );
  }
  if (clientCa !== undefined) certificatesOf(clientCa, paths.clientCa ?? '');
  try {
    createSecureContext({ cert, key, ...(clientCa !== undefined && { ca: clientCa }) });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unusable(paths.cert, `OpenSSL refuses it: ${why}`, 'Make a new key and certificate');
  }
  return { cert, key, clientCa, expiresMs: Math.min(...chain.map(expiryMs)) };
}

/** Every certificate of a text, one at least. Errors: ERR_TLS. */
export function certificatesOf(pem: Buffer, path: string): [X509Certificate, ...X509Certificate[]] {
  const texts = pem.toString('latin1').match(PEM_CERTIFICATE) ?? [];
  try {
    const [first, ...others] = texts.map((text) => new X509Certificate(text));
    if (first !== undefined) return [first, ...others];
  } catch (cause) {
    throw unusable(path, 'a certificate is damaged', LOOK_AT_CERTIFICATE, cause);
  }
  throw unusable(path, 'there is no certificate in it', LOOK_AT_CERTIFICATE);
}

const LOOK_AT_CERTIFICATE = 'See what openssl x509 -noout -text -in FILE says';

/** The key of a text. Errors: ERR_TLS, which never holds a part of it. */
export function privateKeyOf(pem: Buffer, path: string): KeyObject {
  if (ENCRYPTED.test(pem.toString('latin1'))) {
    throw unusable(
      path,
      'the key is encrypted, and there is nobody to ask for its passphrase',
      'Write it in clear with openssl pkey -in FILE, for the user of the server alone',
    );
  }
  try {
    return createPrivateKey(pem);
  } catch {
    // Without the cause: what OpenSSL says of a key is not ours to judge.
    throw unusable(
      path,
      'there is no private key in it',
      'Give PKCS#8, PKCS#1 or SEC1 as PEM: see what openssl pkey -noout -in FILE says',
    );
  }
}

function checkPair(
  [own, ...others]: [X509Certificate, ...X509Certificate[]],
  key: KeyObject,
  { cert, key: keyPath }: CertificatePaths,
): void {
  if (own.checkPrivateKey(key)) return;
  if (others.some((other) => other.checkPrivateKey(key))) {
    throw unusable(cert, "the server's own certificate is not the first", 'Put it first');
  }
  throw unusable(keyPath, `the key is not that of ${cert}`, 'Give the key it was requested with');
}

function checkValidity(certificate: X509Certificate, path: string, nowMs: number): void {
  const fromMs = Date.parse(certificate.validFrom);
  if (nowMs < fromMs) {
    const what = `the certificate is not valid before ${brusselsTime(fromMs)}`;
    throw unusable(path, what, 'Wait, or check the clock');
  }
  const untilMs = expiryMs(certificate);
  if (nowMs < untilMs) return;
  throw unusable(path, `the certificate expired at ${brusselsTime(untilMs)}`, 'Get a new one');
}

function expiryMs({ validTo }: X509Certificate): number {
  return Date.parse(validTo);
}

function unusable(where: string, what: string, fix: string, cause?: unknown): TacetError {
  return new TacetError('ERR_TLS', { what, where, fix, cause });
}
