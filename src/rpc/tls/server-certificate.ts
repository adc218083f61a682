import { constants } from 'node:crypto';
import type { SecureContextOptions, Server, TlsOptions } from 'node:tls';
import { Followed } from '../../disk/followed.ts';
import type { TacetError } from '../../errors.ts';
import {
  type Certificate,
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
 * The certificate of a server, followed in its files. Files that do not fit each other may be half
 * of a renewal: they are refused if the next look finds the same. Connections that are open stay as
 * they are.
 */
export class ServerCertificate {
  readonly #files: Followed<Certificate>;
  readonly #servers: Server[];
  /** Whether clients are asked for a certificate. */
  readonly asksClients: boolean;

  private constructor(
    files: Followed<Certificate>,
    { servers, asksClients }: { servers: Server[]; asksClients: boolean },
  ) {
    this.#files = files;
    this.#servers = servers;
    this.asksClients = asksClients;
  }

  /** Reads the files; {@link start} follows them. Errors: ERR_IO, ERR_TLS. */
  static async open(
    paths: CertificatePaths,
    { log, pollMs, onReload }: CertificateEnvironment,
  ): Promise<ServerCertificate> {
    const servers: Server[] = [];
    const tell = ({ expiresMs }: Certificate, message: string): void =>
      log.info({ certificate: paths.cert, expires: new Date(expiresMs).toISOString() }, message);
    const files = await Followed.open<Certificate>({
      pollMs,
      settles: true,
      // One that is not valid yet will be.
      isTimely: true,
      read: () => readCertificateFiles(paths),
      judge: (contents) => judge(contents, paths, Date.now()),
      onChange: (_before, after) => {
        for (const server of servers) server.setSecureContext(tlsOptionsOf(after));
        tell(after, 'the certificate was renewed');
        onReload('swapped');
      },
      onRefused: (error) => {
        log.error({ err: error }, 'the new certificate is refused, the old one goes on');
        onReload('refused');
      },
    });
    tell(files.current, 'the certificate is served');
    return new ServerCertificate(files, { servers, asksClients: paths.clientCa !== undefined });
  }

  /** When the first certificate of the chain expires, ms since 1970. */
  get expiresMs(): number {
    return this.#files.current.expiresMs;
  }

  /** Why the files of now are not served, if they are not. */
  get refusal(): TacetError | undefined {
    return this.#files.refusal;
  }

  /** For a TLS server, which is then to be {@link renewOn}. */
  get options(): TlsOptions {
    return tlsOptionsOf(this.#files.current);
  }

  /** From now on new connections of `server` are shown the certificate of the day. */
  renewOn(server: Server): void {
    this.#servers.push(server);
  }

  /** Looks at the files from now on. */
  start(): void {
    this.#files.start();
  }

  /** See {@link Followed.look}. */
  async look(how: { isWhole?: boolean } = {}): Promise<void> {
    await this.#files.look(how);
  }

  /** Looks no longer. */
  stop(): void {
    this.#files.stop();
  }
}

function tlsOptionsOf({ cert, key, clientCa }: Certificate): TlsOptions {
  return { ...PROTOCOL, cert, key, ...(clientCa !== undefined && { ca: clientCa }) };
}
