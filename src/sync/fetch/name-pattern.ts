/**
 * A test for names by a pattern: `*` matches any characters, `?` matches one, and everything else
 * matches itself. The whole name must match.
 */
export function namePattern(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\/-]/g, '\\$&')
    // Several stars mean the same as one, but are slow on names that do not match.
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => expression.test(name);
}

/** Whether a name is a pattern for {@link namePattern}. */
export function isPattern(name: string): boolean {
  return /[*?]/.test(name);
}
