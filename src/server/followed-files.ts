import { changesBetween } from '../access/changes.ts';
import { type FollowedAccess, followAccess } from '../access/followed-access.ts';
import { ClientLimits } from '../access/limits/client-limits.ts';
import type { ServeOptions } from '../options/serve/table.ts';
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

  /** Reads what the options name. Errors: ERR_IO, ERR_ACCESS_FILE, ERR_OPTION, ERR_TLS. */
  static async open(
    options: ServeOptions,
    environment: FollowedEnvironment,
  ): Promise<FollowedFiles> {
    const certificate = await openCertificate(options, environment);
    return new FollowedFiles(await openAccess(options, environment), certificate);
  }

  /** What is refused as it stands now, while the one before goes on. Why, is for the log alone. */
  get warnings(): readonly string[] {
    const refused = [
      ...(this.access?.refusal === undefined ? [] : ['access file']),
      ...(this.certificate?.refusal === undefined ? [] : ['certificate']),
    ];
    return refused.map((what) => `the new ${what} is refused, the old one goes on: see the log`);
  }

  /** Follows them from now on. */
  start(): void {
    this.access?.start();
    this.certificate?.start();
  }

  /** Looks at all of them now. */
  async look(): Promise<void> {
    await this.access?.look({ isWhole: true });
    await this.certificate?.look({ isWhole: true });
  }

  /** Follows no longer. */
  stop(): void {
    this.access?.stop();
    this.certificate?.stop();
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
  { access, accessPollMs, accessBytesMax, state }: ServeOptions,
  { log, onAccess }: FollowedEnvironment,
): Promise<FollowedAccess | undefined> {
  if (access === undefined) return undefined;
  const followed = await followAccess(access, {
    pollMs: accessPollMs,
    bytesMax: accessBytesMax,
    refuse: ({ clients }) => {
      if (state === undefined) ClientLimits.refuseUnkept(clients.values());
    },
    onChange: (before, after) => {
      const changes = changesBetween(before, after);
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
