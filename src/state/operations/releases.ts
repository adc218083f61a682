/**
 * When whom a person has released, in the table of sightings: of the subject `released:`, which no
 * client and no party can have. Whatever is counted against somebody says after which release it
 * was, so that nothing from before one is kept after it, whoever writes it and when.
 */
import { numberOf, type Statements, textOf } from '../database.ts';

const RELEASED = 'released:';
const NOTHING = new Uint8Array(0);

/** What is counted against a subject. */
export interface Counted {
  readonly subject: string;
  /** The release that it came after, as {@link releases} tells it; 0 = there was none. */
  readonly releasedMs: number;
}

/** Who was released, and when last; never the same instant twice. */
export interface Release {
  readonly subject: string;
  readonly atMs: number;
}

/** Whether that is still the last release; until the commit there is no other. */
export async function isAfterRelease(
  statements: Statements,
  { subject, releasedMs }: Counted,
): Promise<boolean> {
  // Sets nothing, but keeps other servers from this row until the commit.
  const [row] = await statements.query(
    `INSERT INTO sightings (subject, name, at_ms, bytes) VALUES ($1, $2, 0, $3)
       ON CONFLICT (subject, name) DO UPDATE SET at_ms = sightings.at_ms RETURNING at_ms`,
    ...[RELEASED, subject, NOTHING],
  );
  return numberOf(row, 'at_ms') === releasedMs;
}

/** Notes a release, later than the one before even where clocks differ. */
export async function markReleased(
  statements: Statements,
  { subject, atMs }: Release,
): Promise<void> {
  await statements.query(
    `INSERT INTO sightings (subject, name, at_ms, bytes) VALUES ($1, $2, $3, $4)
       ON CONFLICT (subject, name) DO UPDATE SET at_ms = CASE
         WHEN excluded.at_ms > sightings.at_ms THEN excluded.at_ms
         ELSE sightings.at_ms + 1 END`,
    ...[RELEASED, subject, atMs, NOTHING],
  );
}

/** Everybody who was ever released. */
export async function releases(statements: Statements): Promise<readonly Release[]> {
  const rows = await statements.query(
    'SELECT name, at_ms FROM sightings WHERE subject = $1 AND at_ms > 0',
    RELEASED,
  );
  return rows.map((row) => ({ subject: textOf(row, 'name'), atMs: numberOf(row, 'at_ms') }));
}
