/** Ten digits, or in groups as the register prints them: 0123.456.749. */
const WRITTEN = /^[01]\d{3}\.\d{3}\.\d{3}$|^[01]\d{9}$/;

/**
 * Reads a number of the Belgian Crossroads Bank for Enterprises into its ten digits: the last two
 * are 97 less the remainder of the first eight by 97. Undefined = no such number.
 */
export function readEnterpriseNumber(text: string): string | undefined {
  if (!WRITTEN.test(text)) return undefined;
  const digits = text.replaceAll('.', '');
  return 97 - (Number(digits.slice(0, 8)) % 97) === Number(digits.slice(8)) ? digits : undefined;
}
