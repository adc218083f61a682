import { brusselsDay } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { TacetError } from '../errors.ts';
import type { StoredVersion } from '../store/version.ts';

/**
 * Writes to standard output and waits until the text is accepted. Rejects with ERR_IO if the reader
 * has closed the pipe, as in `tacet ... | head`.
 */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (cause) => {
      if (cause == null) return resolve();
      reject(new TacetError('ERR_IO', { what: 'cannot write', where: 'standard output', cause }));
    });
  });
}

/** Writes a line to standard error. */
export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** 1492109 as `1,492,109`. */
export function withCommas(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** That a version serves, as a line. */
export function servesLine({ name, entries, validUntilUnix }: StoredVersion): string {
  const until = validUntilText(validUntilUnix);
  return `${name} serves: ${withCommas(entries)} entries, valid until ${until}\n`;
}

/** When a list expires, in human-readable form: lists expire at midnight in Brussels. */
export function validUntilText(unixSeconds: number): string {
  return `${formatIsoDay(brusselsDay(unixSeconds * 1000))} 00:00 Brussels time`;
}
