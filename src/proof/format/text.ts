import { TacetError } from '../../errors.ts';

/** Decodes UTF-8; a byte order mark stays a character. Errors: ERR_PROOF for anything else. */
export function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new TacetError('ERR_PROOF', { what: `${name} is not UTF-8`, cause });
  }
}

/** Reads a whole number below 2^53 in its one decimal spelling. Errors: ERR_PROOF. */
export function readDecimal(text: string, name: string): number {
  const value = Number(text);
  if (!/^(?:0|[1-9]\d*)$/.test(text) || !Number.isSafeInteger(value)) {
    throw new TacetError('ERR_PROOF', { what: `${name} is not a whole number below 2^53` });
  }
  return value;
}

/** A text on one line, as it is: what is not seen, or breaks the line, becomes `?`. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}
