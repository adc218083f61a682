import fs from 'node:fs';
import { dirname } from 'node:path';
import { identityOf, identityText } from '../../disk/identity.ts';
import { ioError, TacetError } from '../../errors.ts';
import type { Stdin } from '../input.ts';
import { OUTPUT_KINDS, type OutputKind } from '../judge/outcome.ts';

/** Where an output goes. A device such as `/dev/null` is written to directly. */
export interface OutputPlace {
  readonly kind: OutputKind;
  /** As the user gave it. */
  readonly name: string;
  readonly type: 'file' | 'device' | 'stdout';
}

/** The paths the user named. */
interface NamedPlaces {
  readonly input: string;
  readonly callable?: string | undefined;
  readonly blocked?: string | undefined;
  readonly undecided?: string | undefined;
}

/**
 * Checks the outputs before anything is read: there must be at least one, none may be the input or
 * another output, even through another path or a link, and directories must exist.
 * Errors: ERR_USAGE, and ERR_IO if the directory is missing.
 */
export async function settlePlaces(
  named: NamedPlaces,
  stdin: Stdin | undefined,
): Promise<OutputPlace[]> {
  const places: OutputPlace[] = [];
  const takenBy = new Map<string, string>();
  const input = await identityOfInput(named.input, stdin);
  if (input !== undefined) takenBy.set(input, 'the input');
  for (const kind of OUTPUT_KINDS) {
    const name = named[kind];
    if (name === undefined) continue;
    const { type, identity } = await settlePlace(name, kind);
    const other = takenBy.get(identity);
    if (other !== undefined && type !== 'device') {
      throw usage(
        kind,
        name,
        `is the same file as ${other}`,
        'Give every output a name of its own',
      );
    }
    takenBy.set(identity, `--${kind}`);
    places.push({ kind, name, type });
  }
  if (places.length === 0) {
    throw new TacetError('ERR_USAGE', {
      what: 'no output is named',
      fix: 'Name at least one of --callable, --blocked and --undecided',
    });
  }
  return places;
}

async function settlePlace(
  name: string,
  kind: OutputKind,
): Promise<{ type: OutputPlace['type']; identity: string }> {
  if (name === '-') return { type: 'stdout', identity: 'stdout' };
  if (name === '') throw usage(kind, name, 'is empty', 'Name a file, or - for standard output');
  const stats = await fs.promises.stat(name).catch(() => undefined);
  if (stats?.isCharacterDevice()) return { type: 'device', identity: identityText(stats) };
  if (stats?.isFile()) return { type: 'file', identity: identityText(stats) };
  if (stats !== undefined) {
    const what = stats.isDirectory() ? 'is a directory' : 'is not a regular file';
    throw usage(kind, name, what, 'Name a file, or - for standard output');
  }
  try {
    if (!(await fs.promises.stat(dirname(name))).isDirectory()) {
      throw Object.assign(new Error('no directory'), { code: 'ENOTDIR' });
    }
    return { type: 'file', identity: await identityOf(name) };
  } catch (cause) {
    throw ioError(dirname(name), `write --${kind} there`, cause);
  }
}

async function identityOfInput(
  name: string,
  stdin: Stdin | undefined,
): Promise<string | undefined> {
  try {
    if (name !== '-') return await identityOf(name);
    if (stdin?.fd === undefined) return undefined;
    const stats = fs.fstatSync(stdin.fd);
    return stats.isFile() ? identityText(stats) : undefined;
  } catch {
    return undefined; // opening it will say why
  }
}

function usage(kind: OutputKind, name: string, what: string, fix: string): TacetError {
  return new TacetError('ERR_USAGE', { what: `${name} ${what}`, where: `--${kind}`, fix });
}
