import { TacetError } from '../../errors.ts';

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/**
 * Decodes the one spelling of some bytes in standard base64 (RFC 4648, section 4): nothing but its
 * alphabet, padded, the bits of the padding zero. Errors: ERR_PROOF.
 *
 * @param name what the text is, for the error
 * @param bytes how many there must be, if that is known
 */
export function decodeBase64(text: string, name: string, bytes?: number): Buffer {
  const decoded = Buffer.from(text, 'base64');
  // Node reads other alphabets, junk and missing padding; there is one spelling to write.
  if (decoded.toString('base64') !== text) {
    throw new TacetError('ERR_PROOF', { what: `${name} is not canonical base64` });
  }
  if (bytes !== undefined && decoded.length !== bytes) {
    const sizes = { expected: `${bytes}`, got: `${decoded.length}` };
    throw new TacetError('ERR_PROOF', { what: `${name} has another number of bytes`, ...sizes });
  }
  return decoded;
}
