import { brusselsTime } from '../calendar/brussels.ts';
import { TacetError } from '../errors.ts';
import type { StoredVersion } from '../store/version.ts';
import { protoJson } from '../wire/json.ts';

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
  const until = brusselsTime(validUntilUnix * 1000);
  return `${name} serves: ${withCommas(entries)} entries, valid until ${until}\n`;
}

/** Prints what a command found out or did: as JSON with the proto's names, or as text. */
export function printFacts(asJson: boolean, facts: object, text: string): Promise<void> {
  return print(asJson ? protoJson(facts, 2) : text);
}
