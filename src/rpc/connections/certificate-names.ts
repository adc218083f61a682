import type { Http2Session } from 'node:http2';
import { TLSSocket } from 'node:tls';

const NO_NAMES: readonly string[] = [];
const known = new WeakMap<Http2Session, readonly string[]>();

/**
 * The names in the client's certificate: `dns:NAME` in lower case, `uri:URI` as it stands. Empty if
 * the client showed none, or one that does not verify. Read once a connection.
 */
export function certificateNamesOf(session: Http2Session): readonly string[] {
  const read = known.get(session);
  if (read !== undefined || session.destroyed) return read ?? NO_NAMES;
  const { socket } = session;
  // What is not authorized was refused; this must not depend on that.
  const isShown = socket instanceof TLSSocket && socket.authorized;
  const names = namesIn(isShown ? socket.getPeerX509Certificate()?.subjectAltName : undefined);
  known.set(session, names);
  return names;
}

/** Node writes a name in quotes if it holds what could pass for another name. */
const NAME = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y;

/**
 * The DNS names and URIs of a `subjectaltname` as Node writes it: `DNS:a.example, URI:spiffe://b`.
 * A name with a comma, a quote or a backslash is none that anybody means, and is left out.
 */
export function namesIn(subjectAltName: string | undefined): readonly string[] {
  const names: string[] = [];
  for (const [, type, value = ''] of (subjectAltName ?? '').matchAll(new RegExp(NAME, 'gy'))) {
    if (value === '' || value.startsWith('"') || value.includes('\\')) continue;
    if (type === 'DNS') names.push(`dns:${value.toLowerCase()}`);
    if (type === 'URI') names.push(`uri:${value}`);
  }
  return names;
}
