/** Where the source of a list is fetched from. */
import { posix } from 'node:path';
import { TacetError } from '../../errors.ts';
import { isPattern } from './name-pattern.ts';

/** A file, or the newest file whose name matches a pattern, on an sFTP server. */
export interface SftpAddress {
  readonly kind: 'sftp';
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** Absolute, or relative to the user's home folder; its last part may be a pattern. */
  readonly path: string;
}

/** A file on this machine. */
interface FileAddress {
  readonly kind: 'file';
  readonly path: string;
}

/** The newest file in a folder whose name matches a pattern. */
export interface FolderAddress {
  readonly kind: 'folder';
  readonly folder: string;
  readonly pattern: string;
}

/** Where a source may come from. */
export type SourceAddress = SftpAddress | FileAddress | FolderAddress;

const EXPECTED =
  'sftp://USER@HOST:PORT/PATH, file:///PATH or dir:///FOLDER/PATTERN; ' +
  '% and what a URL cannot hold as %XX';
const PORT_DEFAULT = 22;

/**
 * Parses an address. `sftp://user@host/~/file` is relative to the user's home folder.
 * Errors: ERR_OPTION; a password in the address is refused and not echoed.
 */
export function parseSourceAddress(text: string): SourceAddress {
  const found = /^(sftp|file|dir):\/\/([^/]*)(\/.*)$/s.exec(text);
  const [, scheme, authority, rawPath] = found ?? [];
  if (scheme === undefined || authority === undefined || rawPath === undefined) {
    throw badAddress('the address is malformed', text.includes('://') ? undefined : asFile(text));
  }
  const path = decode(rawPath);
  if (path.endsWith('/')) throw badAddress('the address names a folder, not a file');
  if (scheme === 'sftp') return sftpAddress(authority, path);
  if (authority !== '') throw badAddress(`${scheme}:// takes no host: write ${scheme}:///PATH`);
  if (scheme === 'file') return { kind: 'file', path };
  const pattern = posix.basename(path);
  const folder = posix.dirname(path);
  if (isPattern(folder)) throw badAddress('only the last part of the path may be a pattern');
  return { kind: 'folder', folder, pattern };
}

function sftpAddress(authority: string, path: string): SftpAddress {
  const at = authority.lastIndexOf('@');
  const user = decode(authority.slice(0, Math.max(0, at)));
  if (authority.slice(0, Math.max(0, at)).includes(':')) {
    throw new TacetError('ERR_OPTION', {
      what: 'the address holds a password, which every user of this machine could read',
      where: '--from',
      fix: 'Take it out; give a password with --password-file or TACET_SYNC_PASSWORD',
    });
  }
  if (user === '') throw badAddress('the user is missing');
  const [, bracketed, plain, portText] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(authority.slice(at + 1)) ??
    [];
  const host = bracketed ?? plain;
  const port = portText === undefined ? PORT_DEFAULT : Number(portText);
  if (host === undefined || port < 1 || port > 65_535) {
    throw badAddress('the host or port is malformed');
  }
  const home = /^\/~\/(.+)$/s.exec(path)?.[1];
  const remote = home ?? path;
  if (isPattern(posix.dirname(remote))) {
    throw badAddress('only the last part of the path may be a pattern');
  }
  return { kind: 'sftp', user, host, port, path: remote };
}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw badAddress('a % is not followed by two hex digits');
  }
  if (decoded.includes('\0')) throw badAddress('the address holds a NUL');
  return decoded;
}

/** What to write for what looks like a path. */
function asFile(text: string): string {
  return `For that file of this machine write file://${encodeURI(posix.resolve(text))}`;
}

function badAddress(what: string, fix?: string): TacetError {
  const said = { what, where: '--from', expected: EXPECTED };
  return new TacetError('ERR_OPTION', { ...said, ...(fix !== undefined && { fix }) });
}

/** The address as text, for records and messages; it never holds a secret. */
export function addressText(address: SourceAddress): string {
  if (address.kind === 'file') return `file://${encodeURI(address.path)}`;
  if (address.kind === 'folder') {
    return `dir://${encodeURI(posix.join(address.folder, address.pattern))}`;
  }
  const { user, host, port, path } = address;
  const shown = host.includes(':') ? `[${host}]` : host;
  const absolute = path.startsWith('/') ? path : `/~/${path}`;
  return `sftp://${encodeURIComponent(user)}@${shown}:${port}${encodeURI(absolute)}`;
}
