/** Writes private keys in the format of OpenSSH, the one that takes every type of key. */

/** The numbers of a key, as SSH orders them. */
export interface KeyNumbers {
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  readonly publicFields: readonly Uint8Array[];
  readonly privateFields: readonly Uint8Array[];
}

const MAGIC = 'openssh-key-v1\0';
const BLOCK_BYTES = 8;
const LINE_CHARACTERS = 70;

/** A private key as `ssh-keygen` writes it, without a passphrase. */
export function opensshKey({ type, publicFields, privateFields }: KeyNumbers): string {
  const publicKey = Buffer.concat([type, ...publicFields].map(sshString));
  // Two equal numbers would prove a passphrase; there is none.
  const check = Buffer.alloc(8);
  const secret = Buffer.concat([check, ...[type, ...privateFields, ''].map(sshString)]);
  const padding = Uint8Array.from(
    { length: (BLOCK_BYTES - (secret.length % BLOCK_BYTES)) % BLOCK_BYTES },
    (_, index) => index + 1,
  );
  const bytes = Buffer.concat([
    Buffer.from(MAGIC),
    ...['none', 'none', ''].map(sshString),
    uint32(1),
    sshString(publicKey),
    sshString(Buffer.concat([secret, padding])),
  ]);
  const lines = bytes.toString('base64').match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g')) ?? [];
  const [begin, end] = ['BEGIN', 'END'].map((side) => `-----${side} OPENSSH PRIVATE KEY-----`);
  return [begin, ...lines, end, ''].join('\n');
}

/** A text or bytes behind their length. */
export function sshString(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** An unsigned number, big-endian, as SSH has it: shortest, and never taken for a negative one. */
export function mpint(bytes: Uint8Array): Buffer {
  let start = 0;
  while (bytes[start] === 0) start++;
  const shortest = bytes.subarray(start);
  return Buffer.concat([Buffer.alloc((shortest[0] ?? 0) >= 0x80 ? 1 : 0), shortest]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
