/**
 * Digits of `phone` as E.164, in SQL that DuckDB and PostgreSQL both have: separators out; then 00,
 * country code and trunk zero, each if it is there, before 8 or 9 digits. Eight digits that begin
 * with 32 are left over when nothing can stand before them: an Antwerp number without its zero.
 */
export const NORMALISED =
  "regexp_replace(regexp_replace(phone, '[^0-9]', '', 'g'), " +
  "'^(?:(?:00)?320?|0?)([1-9][0-9]{7,8})$', '32\\1')";
