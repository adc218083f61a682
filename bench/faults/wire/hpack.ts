/** Header blocks written by hand, without Huffman codes: RFC 7541. */

export type Field = readonly [name: string, value: string];

/** An integer behind the flags of its first byte: section 5.1. `padding` adds bytes of zero. */
export function integer(
  value: number,
  { bits, flags }: { bits: number; flags: number },
  padding = 0,
): Buffer {
  const most = 2 ** bits - 1;
  if (value < most && padding === 0) return Buffer.of(flags | value);
  const bytes = [flags | most];
  let rest = value - most;
  for (; rest >= 128 || padding > 0; rest = Math.floor(rest / 128)) {
    bytes.push(128 | (rest % 128));
    if (rest < 128) padding--;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.length, { bits: 7, flags: 0 }), bytes]);
}

/** A field that is not kept in the table. */
export function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0), text(name), text(value)]);
}

/** A field that the reader must put into its table, at {@link NEWEST}. */
export function kept(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0x40), text(name), text(value)]);
}

/** The index of the field that was kept last. */
export const NEWEST = 62;

/** A field of the table, by its index. */
export function indexed(index: number): Buffer {
  return integer(index, { bits: 7, flags: 0x80 });
}

export function block(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.map(([name, value]) => literal(name, value)));
}

/** The fields of a gRPC call, and more. */
export function callFields(path: string, ...more: readonly Field[]): Field[] {
  return [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'localhost'],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
    ...more,
  ];
}

/** The header block of a gRPC call. */
export function callBlock(path: string, ...more: readonly Field[]): Buffer {
  return block(callFields(path, ...more));
}
