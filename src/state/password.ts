import { readFileSync, statSync } from 'node:fs';
import { ioError, TacetError } from '../errors.ts';

/** Where a password is for. */
interface Wanted {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * The password of a database: PGPASSWORD, else what the file that PGPASSFILE names has for it, as
 * libpq reads it: lines of `host:port:database:user:password`, where `*` is any and `\` stands
 * before a `:` or `\` of a value; the first that fits. Undefined = none. Errors: ERR_IO; ERR_STATE
 * if others may read the file.
 */
export function findPassword(environment: NodeJS.ProcessEnv, wanted: Wanted): string | undefined {
  const { PGPASSWORD: password, PGPASSFILE: path } = environment;
  if (password !== undefined) return password;
  if (path === undefined || path === '') return undefined;
  let text: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0) throw readableByOthers(path);
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw cause instanceof TacetError ? cause : ioError(path, 'read the password file', cause);
  }
  const fields = [wanted.host, String(wanted.port), wanted.database, wanted.user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const found = line.match(/(?:\\.|[^:\\])+/g)?.map((part) => part.replace(/\\(.)/g, '$1')) ?? [];
    const fits = fields.every((field, index) => found[index] === '*' || found[index] === field);
    if (fits && found.length === fields.length + 1) return found[fields.length];
  }
  return undefined;
}

function readableByOthers(where: string): TacetError {
  return new TacetError('ERR_STATE', {
    what: 'others may read the password file',
    where,
    fix: `chmod 600 ${where}`,
  });
}
