import { stat } from 'node:fs/promises';
import { checkDistinct } from '../../disk/distinct-files.ts';
import { TacetError } from '../../errors.ts';
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
  for (const kind of OUTPUT_KINDS) {
    const name = named[kind];
    if (name !== undefined) places.push({ kind, name, type: await typeOf(name, kind) });
  }
  if (places.length === 0) {
    throw new TacetError('ERR_USAGE', {
      what: 'no output is named',
      fix: 'Name at least one of --callable, --blocked and --undecided',
    });
  }
  const stats = await stat(named.input).catch(() => undefined);
  const input = { role: 'the input', path: named.input, fd: stdin?.fd };
  await checkDistinct({
    // Opening a folder will say what is wrong with it.
    read: stats?.isDirectory() ? [] : [input],
    written: places.map(({ kind, name }) => ({ role: `--${kind}`, path: name })),
  });
  return places;
}

async function typeOf(name: string, kind: OutputKind): Promise<OutputPlace['type']> {
  if (name === '-') return 'stdout';
  if (name === '') throw usage(kind, 'the name is empty');
  const stats = await stat(name).catch(() => undefined);
  if (stats?.isCharacterDevice()) return 'device';
  if (stats === undefined || stats.isFile()) return 'file';
  throw usage(kind, `${name} ${stats.isDirectory() ? 'is a directory' : 'is not a regular file'}`);
}

function usage(kind: OutputKind, what: string): TacetError {
  const fix = 'Name a file, or - for standard output';
  return new TacetError('ERR_USAGE', { what, where: `--${kind}`, fix });
}
