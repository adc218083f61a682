import { numberOf, type Statements, textOf } from '../database.ts';
import { type Counted, isAfterRelease } from './releases.ts';

/** What a watcher has seen of a party or client, in its own form. */
interface Sighting {
  /** `party:ID`, or the name of a client. */
  readonly subject: string;
  /** Whose it is, one for each watcher and server: `coverage/SERVER`. */
  readonly name: string;
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/**
 * Keeps what was seen, in place of what had the same subject and name; resolves with whether it
 * did, which it does not if its subject was released since.
 */
export async function saveSighting(
  statements: Statements,
  sighting: Sighting & Counted,
): Promise<boolean> {
  if (!(await isAfterRelease(statements, sighting))) return false;
  await statements.query(
    `INSERT INTO sightings (subject, name, at_ms, bytes) VALUES ($1, $2, $3, $4)
       ON CONFLICT (subject, name) DO UPDATE SET at_ms = excluded.at_ms, bytes = excluded.bytes`,
    sighting.subject,
    sighting.name,
    sighting.atMs,
    sighting.bytes,
  );
  return true;
}

/** Keeps the bytes unless there are some of that subject and name; resolves with those kept. */
export async function firstSighting(
  statements: Statements,
  { subject, name, atMs, bytes }: Sighting,
): Promise<Uint8Array> {
  const found = await statements.query(
    `INSERT INTO sightings (subject, name, at_ms, bytes) VALUES ($1, $2, $3, $4)
       ON CONFLICT (subject, name) DO UPDATE SET at_ms = sightings.at_ms RETURNING bytes`,
    ...[subject, name, atMs, bytes],
  );
  // There is one row, whether it was there or not, and the column is never null.
  return new Uint8Array(found[0]?.['bytes'] as Uint8Array);
}

/** What was seen of a subject, by the beginning of its name; in the order of the names. */
export async function sightings(
  statements: Statements,
  { subject, prefix }: { readonly subject: string; readonly prefix: string },
): Promise<readonly Sighting[]> {
  const rows = await statements.query(
    `SELECT subject, name, at_ms, bytes FROM sightings
       WHERE subject = $1 AND substr(name, 1, length($2)) = $2 ORDER BY name`,
    subject,
    prefix,
  );
  return rows.map((row) => ({
    subject: textOf(row, 'subject'),
    name: textOf(row, 'name'),
    atMs: numberOf(row, 'at_ms'),
    // Both databases give bytes as a Uint8Array; the column is never null.
    bytes: new Uint8Array(row['bytes'] as Uint8Array),
  }));
}
