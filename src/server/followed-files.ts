import { FollowedAccess } from '../access/followed-access.ts';
import type { ServeOptions } from '../options/serve-table.ts';
import { type CertificateEnvironment, ServerCertificate } from '../rpc/tls/server-certificate.ts';
import type { ListLog } from '../serving/notices.ts';

/** What {@link FollowedFiles} tells of. */
interface FollowedEnvironment {
  readonly log: ListLog;
  /** The access file has changed. */
  onAccess(): void;
  /** Other files in place of the certificate's were taken, or refused. */
  onCertificate: CertificateEnvironment['onReload'];
}

/** The files that a server follows besides its lists: who may call, and its certificate. */
export class FollowedFiles {
  /** Undefined = anybody may call. */
  readonly access: FollowedAccess | undefined;
  /** Undefined = no TLS. */
  readonly certificate: ServerCertificate | undefined;

  private constructor(
    access: FollowedAccess | undefined,
    certificate: ServerCertificate | undefined,
  ) {
    this.access = access;
    this.certificate = certificate;
  }

  /** Reads and follows what the options name. Errors: ERR_IO, ERR_ACCESS_FILE, ERR_TLS. */
  static async open(
    options: ServeOptions,
    environment: FollowedEnvironment,
  ): Promise<FollowedFiles> {
    const certificate = await openCertificate(options, environment);
    try {
      return new FollowedFiles(await openAccess(options, environment), certificate);
    } catch (error) {
      certificate?.close();
      throw error;
    }
  }

  /** What is refused as it stands now, while the one before goes on. */
  get warnings(): readonly string[] {
    const warnings: string[] = [];
    const refused = (what: string, why: string | undefined): void => {
      if (why !== undefined)
        warnings.push(`the new ${what} is refused, the old one goes on: ${why}`);
    };
    // Its faults name clients, which is for the log alone.
    refused('access file', this.access?.refusal && 'see the log');
    refused('certificate', this.certificate?.refusal);
    return warnings;
  }

  /** Looks at all of them now. */
  async look(): Promise<void> {
    await this.access?.look();
    await this.certificate?.look({ isWhole: true });
  }

  /** Follows no longer. */
  close(): void {
    this.access?.stop();
    this.certificate?.close();
  }
}

async function openCertificate(
  options: ServeOptions,
  { log, onCertificate: onReload }: FollowedEnvironment,
): Promise<ServerCertificate | undefined> {
  const { tlsCertFile: cert, tlsKeyFile: key, tlsClientCaFile: clientCa, tlsPollMs } = options;
  if (cert === undefined || key === undefined) return undefined;
  return ServerCertificate.open({ cert, key, clientCa }, { log, pollMs: tlsPollMs, onReload });
}

/** Every change of the access file is a line of the log, marked `audit`. */
async function openAccess(
  { access, accessPollMs, accessBytesMax }: ServeOptions,
  { log, onAccess }: FollowedEnvironment,
): Promise<FollowedAccess | undefined> {
  if (access === undefined) return undefined;
  const followed = await FollowedAccess.open(access, {
    pollMs: accessPollMs,
    bytesMax: accessBytesMax,
    onChange: (_before, _after, changes) => {
      log.info({ audit: 'access-changed', ...changes }, 'the access file has changed');
      onAccess();
    },
    onRefused: (error) => {
      const fields = { audit: 'access-refused', err: error };
      log.error(fields, 'the access file is refused, the old one goes on');
    },
  });
  const { clients, parties, digest } = followed.current;
  const counts = { clients: clients.size, parties: parties.size, sha256: digest };
  log.info({ audit: 'access-opened', ...counts }, 'calls need credentials of the access file');
  return followed;
}
