import { constants, createHash } from 'node:crypto';
import type { SecureContextOptions, Server, TlsOptions } from 'node:tls';
import { errorToData } from '../../errors.ts';
import {
  type Certificate,
  type CertificateFiles,
  type CertificatePaths,
  judge,
  readCertificateFiles,
} from './certificate-files.ts';

/** How other files in place of those served were taken. */
type CertificateOutcome = 'swapped' | 'refused';

/** What a {@link ServerCertificate} needs from its server. */
export interface CertificateEnvironment {
  readonly log: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  /** How often to look at the files, ms. */
  readonly pollMs: number;
  /** Called after each reload. */
  onReload(outcome: CertificateOutcome): void;
}

/** Forward secrecy and authenticated encryption only; the cheapest first. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

const PROTOCOL: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: CIPHERS,
  honorCipherOrder: true,
  secureOptions:
    constants.SSL_OP_NO_RENEGOTIATION |
    // A client without AES in hardware names ChaCha20 first, and then gets it.
    constants.SSL_OP_PRIORITIZE_CHACHA |
    // Nothing is resumed: every connection shows its certificate, and is judged by today's.
    constants.SSL_OP_NO_TICKET,
};

/**
 * The certificate of a server, followed in its files. Its content is compared, not its time, so a
 * renewal is seen however it was written. Files that do not fit each other may be half of a
 * renewal: they are refused if the next look finds the same. Connections that are open stay as they
 * are.
 */
export class ServerCertificate {
  readonly #paths: CertificatePaths;
  readonly #environment: CertificateEnvironment;
  readonly #servers: Server[] = [];
  #served: Certificate;
  /** Of the files served, those last found to be bad, and those last refused. */
  #servedDigest: string;
  #suspectDigest: string | undefined;
  #refusedDigest: string | undefined;
  #refusal: string | undefined;
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    paths: CertificatePaths,
    environment: CertificateEnvironment,
    files: CertificateFiles,
  ) {
    this.#paths = paths;
    this.#environment = environment;
    this.#served = judge(files, paths, Date.now());
    this.#servedDigest = digestOf(files);
    this.#tell('the certificate is served');
    this.#lookLater();
  }

  /** Reads the files, and looks at them from now on. Errors: ERR_IO, ERR_TLS. */
  static async open(
    paths: CertificatePaths,
    environment: CertificateEnvironment,
  ): Promise<ServerCertificate> {
    return new ServerCertificate(paths, environment, await readCertificateFiles(paths));
  }

  /** When the first certificate of the chain expires, ms since 1970. */
  get expiresMs(): number {
    return this.#served.expiresMs;
  }

  /** Why the files of now are not served, if they are not. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Whether clients are asked for a certificate. */
  get asksClients(): boolean {
    return this.#paths.clientCa !== undefined;
  }

  /** For a TLS server, which is then to be {@link follow}ed. */
  get options(): TlsOptions {
    const { cert, key, clientCa } = this.#served;
    return { ...PROTOCOL, cert, key, ...(clientCa !== undefined && { ca: clientCa }) };
  }

  /** From now on new connections of `server` are shown the certificate of the day. */
  follow(server: Server): void {
    this.#servers.push(server);
  }

  /**
   * Looks at the files; one look at a time. Never rejects.
   *
   * @param isWhole they are known to be replaced as a whole: bad ones are refused at once
   */
  look({ isWhole = false } = {}): Promise<void> {
    const look = (): Promise<void> => this.#lookOnce(isWhole);
    this.#looking = this.#looking.then(look, look);
    return this.#looking;
  }

  #lookLater(): void {
    const look = (): void => void this.look().then(() => this.#timer?.refresh());
    this.#timer = setTimeout(look, this.#environment.pollMs).unref();
  }

  async #lookOnce(isWhole: boolean): Promise<void> {
    let digest = '';
    try {
      const files = await readCertificateFiles(this.#paths);
      digest = digestOf(files);
      if (digest !== this.#servedDigest) this.#swap(judge(files, this.#paths, Date.now()), digest);
      this.#suspectDigest = undefined;
      this.#refusedDigest = undefined;
      this.#refusal = undefined;
    } catch (error) {
      this.#refuse(error, digest, isWhole);
    }
  }

  #swap(certificate: Certificate, digest: string): void {
    this.#served = certificate;
    this.#servedDigest = digest;
    for (const server of this.#servers) server.setSecureContext(this.options);
    this.#tell('the certificate was renewed');
    this.#environment.onReload('swapped');
  }

  #refuse(error: unknown, digest: string, isWhole: boolean): void {
    const isSettled = isWhole || digest === this.#suspectDigest;
    this.#suspectDigest = digest;
    if (!isSettled || (digest === this.#refusedDigest && !isWhole)) return;
    this.#refusedDigest = digest;
    const { what, where } = errorToData(error).detail;
    this.#refusal = where === undefined ? what : `${where}: ${what}`;
    const { log, onReload } = this.#environment;
    log.error({ err: error }, 'the new certificate is refused, the old one goes on');
    onReload('refused');
  }

  #tell(message: string): void {
    const expires = new Date(this.expiresMs).toISOString();
    this.#environment.log.info({ certificate: this.#paths.cert, expires }, message);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function digestOf({ cert, key, clientCa }: CertificateFiles): string {
  const hash = createHash('sha256');
  for (const part of [cert, key, clientCa ?? '']) hash.update(`${part.length} `).update(part);
  return hash.digest('hex');
}
