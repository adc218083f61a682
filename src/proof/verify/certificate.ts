/** What Node does not tell of a certificate. RFC 5280, section 4.1. */
import { contentOf, oidOf, readDer, TAG, within } from './der.ts';

const EXTENDED_KEY_USAGE = '2.5.29.37';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';

/** The object identifier of how a certificate was signed. Errors: ERR_PROOF. */
export function signatureOf(raw: Buffer): string {
  const [, algorithm] = within(readDer(raw)[0], TAG.sequence);
  return oidOf(within(algorithm, TAG.sequence)[0]);
}

/**
 * Whether a certificate is for time stamps and nothing else, and critically so: RFC 3161, section
 * 2.3. Errors: ERR_PROOF.
 */
export function isForTimeStamps(raw: Buffer): boolean {
  const [body] = within(readDer(raw)[0], TAG.sequence);
  const extensions = within(body, TAG.sequence).find(({ tag }) => tag === TAG.three);
  if (extensions === undefined) return false;
  const usages = within(within(extensions, TAG.three)[0], TAG.sequence)
    .map((extension) => within(extension, TAG.sequence))
    .filter(([name]) => oidOf(name) === EXTENDED_KEY_USAGE);
  const [usage = []] = usages;
  const [, critical, value] = usage;
  // A value that is not critical has no boolean before it: false is left out.
  if (usages.length !== 1 || value === undefined) return false;
  const isCritical = contentOf(critical, TAG.boolean)[0] === 0xff;
  const purposes = within(readDer(contentOf(value, TAG.octets))[0], TAG.sequence).map(oidOf);
  return isCritical && purposes.length === 1 && purposes[0] === TIME_STAMPING;
}
