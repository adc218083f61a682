/** CRC-32C (Castagnoli), as in RFC 3720, appendix B.4; Node's zlib has another polynomial. */
const REVERSED_POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? (value >>> 1) ^ REVERSED_POLYNOMIAL : value >>> 1;
  }
  return value;
});

export function crc32c(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  // A table of 256 has every index of a byte.
  for (const byte of bytes) sum = (TABLE[(sum ^ byte) & 0xff] as number) ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}
