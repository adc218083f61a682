import { resolve } from 'node:path';
import { TacetError } from '../errors.ts';

/** Where state lies: in a directory of this machine, or in a database that servers share. */
export type StateLocation =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string };

/**
 * Reads what `--state` says. A password in a URL is refused, and never repeated: command lines and
 * configurations are read by many. Errors: ERR_OPTION.
 */
export function readLocation(text: string): StateLocation {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { kind: 'directory', path: resolve(text) };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw refused('no place for state', 'a directory, or postgres://USER@HOST:PORT/DATABASE');
  }
  if (url.password !== '' || url.searchParams.has('password')) {
    throw refused('a password in the URL', 'a URL without one, and PGPASSWORD or PGPASSFILE set');
  }
  return { kind: 'postgres', url: text };
}

function refused(what: string, expected: string): TacetError {
  return new TacetError('ERR_OPTION', { what, where: '--state', expected });
}
