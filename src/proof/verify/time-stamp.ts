/** Time stamps of RFC 3161: somebody else's clock. What `openssl ts -verify` checks, without it. */
import { constants, hash, verify, X509Certificate } from 'node:crypto';
import { TacetError } from '../../errors.ts';
import { printable } from '../format/text.ts';
import { isForTimeStamps, signatureOf } from './certificate.ts';
import { contentOf, type DerNode, oidOf, readDer, TAG, within } from './der.ts';

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TIME_STAMP_INFO = '1.2.840.113549.1.9.16.1.4';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
const CHAIN_MAX = 8;

/** Not SHA-1: two files of one digest can be made. */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

/** How a signature was made: with the digest named apart, or in one. */
const SIGNATURES: ReadonlyMap<string, { readonly digest?: string | null; readonly pss?: true }> =
  new Map([
    ['1.2.840.113549.1.1.1', {}],
    ['1.2.840.113549.1.1.10', { pss: true }],
    ['1.2.840.113549.1.1.11', { digest: 'sha256' }],
    ['1.2.840.113549.1.1.12', { digest: 'sha384' }],
    ['1.2.840.113549.1.1.13', { digest: 'sha512' }],
    ['1.2.840.10045.4.3.2', { digest: 'sha256' }],
    ['1.2.840.10045.4.3.3', { digest: 'sha384' }],
    ['1.2.840.10045.4.3.4', { digest: 'sha512' }],
    ['1.3.101.112', { digest: null }],
  ]);

/** What a time stamp proves. */
export interface TimeStamp {
  /** Before this instant it was there, by the clock of the authority. */
  readonly unixMs: number;
  /** The subject of the authority's certificate, on one line. */
  readonly authority: string;
}

/** Reads the certificates of a PEM file. Errors: ERR_OPTION if there is none. */
export function readCertificates(pem: string, where: string): X509Certificate[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    if (found.length > 0) return found.map((each) => new X509Certificate(each));
  } catch {
    // Told below.
  }
  throw new TacetError('ERR_OPTION', { what: 'no certificates as PEM', where });
}

/**
 * Verifies a time stamp: its signature, the certificate that made it, up to one that is trusted,
 * and that it is of one of these texts. Does not ask whether a certificate was revoked. Errors:
 * ERR_PROOF.
 *
 * @param bytes a response of an authority, or the token within one
 */
export function verifyTimeStamp(
  bytes: Buffer,
  texts: readonly string[],
  trusted: readonly X509Certificate[],
): TimeStamp {
  try {
    return verifyToken(readToken(bytes), texts, trusted);
  } catch (cause) {
    // A key or a signature that OpenSSL cannot even read.
    throw cause instanceof TacetError ? cause : bad('it is malformed');
  }
}

function verifyToken(
  { info, certificates, signer }: ReturnType<typeof readToken>,
  texts: readonly string[],
  trusted: readonly X509Certificate[],
): TimeStamp {
  const certificate = verifySigner(signer, info, [...certificates, ...trusted]);
  const [, , imprint, , time] = within(readDer(info)[0], TAG.sequence);
  const unixMs = timeOf(contentOf(time, TAG.time).toString('latin1'));
  verifyChain(certificate, { certificates, trusted, unixMs });
  const [algorithm, digest] = within(imprint, TAG.sequence);
  const name = digestOf(algorithm);
  const stamped = contentOf(digest, TAG.octets);
  if (!texts.some((text) => hash(name, Buffer.from(text), 'buffer').equals(stamped))) {
    throw bad('it is of another head: ask for the receipt under the head that was stamped');
  }
  return { unixMs, authority: printable(certificate.subject.split('\n').join(', ')) };
}

function bad(what: string): TacetError {
  return new TacetError('ERR_PROOF', { what: `the time stamp does not hold: ${what}` });
}

function readToken(bytes: Buffer) {
  let token = readDer(bytes)[0];
  const [head, inner] = within(token, TAG.sequence);
  if (head?.tag !== TAG.oid) {
    const [status] = within(head, TAG.sequence);
    // 0 granted, 1 granted with changes.
    if ((contentOf(status, TAG.integer)[0] ?? 2) > 1) throw bad('the authority has refused it');
    token = inner;
  }
  const [type, wrapped] = within(token, TAG.sequence);
  if (oidOf(type) !== SIGNED_DATA) throw bad('it is not signed');
  const signedData = within(within(wrapped, TAG.zero)[0], TAG.sequence);
  const [, , content, ...rest] = signedData;
  const [contentType, octets] = within(content, TAG.sequence);
  if (oidOf(contentType) !== TIME_STAMP_INFO) throw bad('something else was signed');
  const certificates = rest.find(({ tag }) => tag === TAG.zero);
  const signers = within(
    rest.find(({ tag }) => tag === TAG.set),
    TAG.set,
  );
  if (signers.length !== 1) throw bad('it has more than one signer, or none');
  return {
    info: contentOf(within(octets, TAG.zero)[0], TAG.octets),
    certificates: certificates === undefined ? [] : certificatesIn(certificates),
    signer: within(signers[0], TAG.sequence),
  };
}

function certificatesIn({ content }: DerNode): X509Certificate[] {
  try {
    return readDer(content).map(({ bytes }) => new X509Certificate(bytes));
  } catch (cause) {
    throw new TacetError('ERR_PROOF', {
      what: 'a certificate of the time stamp is malformed',
      cause,
    });
  }
}

function digestOf(algorithm: DerNode | undefined): string {
  const digest = DIGESTS.get(oidOf(within(algorithm, TAG.sequence)[0]));
  if (digest === undefined) throw bad('its digest is SHA-1, or unknown here');
  return digest;
}

/** Verifies what the authority signed; returns its certificate. */
function verifySigner(
  signer: readonly DerNode[],
  info: Buffer,
  certificates: readonly X509Certificate[],
): X509Certificate {
  const [, , digestAlgorithm, attributes, signatureAlgorithm, signature] = signer;
  const values = new Map(
    within(attributes, TAG.zero).map((attribute) => {
      const [type, set] = within(attribute, TAG.sequence);
      return [oidOf(type), within(set, TAG.set)[0]] as const;
    }),
  );
  const digest = digestOf(digestAlgorithm);
  if (oidOf(values.get(CONTENT_TYPE)) !== TIME_STAMP_INFO) throw bad('something else was signed');
  const said = contentOf(values.get(MESSAGE_DIGEST), TAG.octets);
  if (!hash(digest, info, 'buffer').equals(said)) throw bad('its content was changed');
  const certificate = signingCertificate(values, certificates);
  // Signed is the set of attributes; within the token it has the tag of its place.
  const signed = Buffer.from(attributes?.bytes ?? []);
  signed.writeUInt8(TAG.set, 0);
  const kind = SIGNATURES.get(oidOf(within(signatureAlgorithm, TAG.sequence)[0]));
  if (kind === undefined) throw bad('its signature is of a kind that is unknown here');
  const { RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_AUTO } = constants;
  const pss = { padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_AUTO };
  const key = { key: certificate.publicKey, ...(kind.pss && pss) };
  const bytes = contentOf(signature, TAG.octets);
  const algorithm = kind.digest === undefined ? digest : kind.digest;
  if (!verify(algorithm, signed, key, bytes)) throw bad('its signature is wrong');
  return certificate;
}

/** The certificate whose digest was signed along. RFC 5816, section 2.2.1. */
function signingCertificate(
  values: ReadonlyMap<string, DerNode | undefined>,
  certificates: readonly X509Certificate[],
): X509Certificate {
  const named = values.get(SIGNING_CERTIFICATE_V2);
  // The attribute before it, of RFC 2634, has SHA-1.
  if (named === undefined) throw bad('it does not name its certificate by SHA-256 or better');
  const [ids] = within(named, TAG.sequence);
  const [first, second] = within(within(ids, TAG.sequence)[0], TAG.sequence);
  const hasDigest = first?.tag === TAG.sequence;
  const digest = hasDigest ? digestOf(first) : 'sha256';
  const wanted = contentOf(hasDigest ? second : first, TAG.octets);
  const found = certificates.find(({ raw }) => hash(digest, raw, 'buffer').equals(wanted));
  if (found === undefined) throw bad('the certificate that made it is missing');
  if (!isForTimeStamps(found.raw)) throw bad('its certificate is not for time stamps alone');
  return found;
}

function verifyChain(
  signer: X509Certificate,
  given: {
    readonly certificates: readonly X509Certificate[];
    readonly trusted: readonly X509Certificate[];
    readonly unixMs: number;
  },
): void {
  const { certificates, trusted, unixMs } = given;
  let current = signer;
  for (let step = 0; step < CHAIN_MAX; step++) {
    const isValid =
      Date.parse(current.validFrom) <= unixMs && unixMs <= Date.parse(current.validTo);
    if (!isValid) throw bad('a certificate was not valid at that time');
    if (trusted.some(({ raw }) => raw.equals(current.raw))) return;
    // What is trusted needs no signature; what leads to it needs one that cannot be forged.
    if (!SIGNATURES.has(signatureOf(current.raw))) {
      throw bad('a certificate is signed with SHA-1, or in a way that is unknown here');
    }
    const issuer = [...trusted, ...certificates].find(
      (each) => each.ca && current.checkIssued(each) && current.verify(each.publicKey),
    );
    if (issuer === undefined) break;
    current = issuer;
  }
  throw bad('it does not lead to a certificate that is trusted');
}

/** `20261127205844Z`, `20261127205844.123Z`. */
function timeOf(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(text);
  const [, year, month, day, hour, minute, second, fraction = ''] = match ?? [];
  const unixMs = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}Z`,
  );
  if (Number.isNaN(unixMs)) throw bad('its time is malformed');
  return unixMs;
}
