import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The configuration of `openssl ts`, and of the certificates. */
const CONFIG = `[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical, CA:false
extendedKeyUsage = critical, timeStamping
[tsa_config]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha1, sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
`;

/** A key that openssl makes. */
export type KeyKind = 'rsa' | 'ec';

/** An authority for time stamps on this machine: a root, and a certificate that it has issued. */
export class TimeAuthority {
  readonly #folder: string;

  /**
   * @param changes what a careless authority does otherwise: lines of the configuration by the name
   *   that they begin with, and the digest that its certificate is signed with
   */
  constructor(
    folder: string,
    kind: KeyKind = 'rsa',
    changes: { readonly lines?: readonly string[]; readonly certificateDigest?: string } = {},
  ) {
    this.#folder = folder;
    const { lines = [], certificateDigest = 'sha256' } = changes;
    const config = lines.reduce((text, line) => {
      return text.replace(new RegExp(`^${line.split(' ')[0]} .*$`, 'm'), line);
    }, CONFIG);
    writeFileSync(join(folder, 'config'), config);
    writeFileSync(join(folder, 'serial'), '01\n');
    this.#issue('ca', 'rsa', ['-x509', '-extensions', 'ca']);
    this.#issue('signer', kind, [
      '-x509',
      '-extensions',
      'tsa',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      `-${certificateDigest}`,
    ]);
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'pipe' });
  }

  #issue(name: string, kind: KeyKind, args: readonly string[]): void {
    const keys = {
      rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
      ec: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    };
    this.#openssl('genpkey', ...keys[kind], '-out', `${name}.key`);
    const subject = ['-subj', `/O=Time Authority/CN=${name}`, '-days', '2'];
    const files = ['-config', 'config', '-key', `${name}.key`, '-out', `${name}.pem`];
    this.#openssl('req', '-new', ...args, ...subject, ...files);
  }

  /** A certificate for something else, by the line of its use; PEM. */
  certificateFor(usage: string): Buffer {
    const section = usage === '' ? 'basicConstraints = CA:false' : `extendedKeyUsage = ${usage}`;
    writeFileSync(
      join(this.#folder, 'other'),
      `[req]\ndistinguished_name = n\n[n]\n[e]\n${section}\n`,
    );
    const args = ['-new', '-x509', '-key', 'ca.key', '-subj', '/CN=other', '-out', 'other.pem'];
    this.#openssl('req', ...args, '-config', 'other', '-extensions', 'e');
    return readFileSync(join(this.#folder, 'other.pem'));
  }

  /** The certificate that signs. */
  get signer(): string {
    return join(this.#folder, 'signer.pem');
  }

  /** The certificate to trust. */
  get root(): string {
    return join(this.#folder, 'ca.pem');
  }

  /** Stamps a file; returns the path of the response. */
  stamp(path: string, digest = 'sha256'): string {
    const name = 'response.tsr';
    this.#openssl('ts', '-query', '-data', path, `-${digest}`, '-cert', '-out', 'query.tsq');
    const signer = ['-signer', 'signer.pem', '-inkey', 'signer.key', '-chain', 'ca.pem'];
    const reply = ['-reply', '-config', 'config', '-section', 'tsa_config'];
    this.#openssl('ts', ...reply, '-queryfile', 'query.tsq', ...signer, '-out', name);
    return join(this.#folder, name);
  }

  /** Whether openssl verifies a response. */
  verifies(path: string, response: string): boolean {
    try {
      this.#openssl('ts', '-verify', '-data', path, '-in', response, '-CAfile', this.root);
      return true;
    } catch {
      return false;
    }
  }
}
