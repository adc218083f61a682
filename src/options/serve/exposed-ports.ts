import { type Address, isLoopback } from '../values.ts';
import type { ServeOptions } from './table.ts';

/** A port that other machines reach, and should not as it is. */
interface ExposedPort {
  readonly flag: 'listen' | 'http';
  readonly address: Address;
  /** What is missing and what to do, as a clause. */
  readonly why: string;
}

const RISK = 'or accept the risk with --insecure';
const NO_ACCESS =
  'there is no access control: who may ask without limit can read the list out. Say who may ask ' +
  `with --access, listen on 127.0.0.1, ${RISK}`;

/** The ports that other machines reach without credentials, or with credentials in clear. */
export function exposedPorts(
  options: Pick<ServeOptions, 'access' | 'http' | 'httpTls' | 'listen' | 'tlsCertFile'>,
): readonly ExposedPort[] {
  const { access, http, httpTls, listen, tlsCertFile } = options;
  const exposed: ExposedPort[] = [];
  if (!isLoopback(listen)) {
    const notEncrypted = `tokens would go over in clear. Give --tls-cert and --tls-key, ${RISK}`;
    if (access === undefined) exposed.push({ flag: 'listen', address: listen, why: NO_ACCESS });
    else if (tlsCertFile === undefined) {
      exposed.push({ flag: 'listen', address: listen, why: notEncrypted });
    }
  }
  if (!isLoopback(http) && (access === undefined || !httpTls)) {
    const why = `its metrics name lists and clients. Listen on 127.0.0.1, or give --access and \
--http-tls, ${RISK}`;
    exposed.push({ flag: 'http', address: http, why });
  }
  return exposed;
}
