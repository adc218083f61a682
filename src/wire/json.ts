/**
 * JSON for people and their programs: the value with the proto's field names, see
 * {@link protoNames}, and a line end.
 */
export function protoJson(value: object, indent?: number): string {
  return `${JSON.stringify(protoNames(value), null, indent)}\n`;
}

/**
 * The same value with the proto's keys, at any depth: `validUntilUnix` becomes `valid_until_unix`.
 * Keys without a capital stay.
 */
export function protoNames(value: object): object {
  const named = (inner: unknown): unknown =>
    typeof inner === 'object' && inner !== null ? protoNames(inner) : inner;
  if (Array.isArray(value)) return value.map(named);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [protoName(key), named(inner)]),
  );
}

/** A key as the proto writes it. */
export function protoName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
