/**
 * How DuckDB and PostgreSQL read a phone number, in SQL that both have. `digits` of `phone`,
 * without separators and the zeros in front; `key`, from these: 8 or 9 digits are a national
 * number, more begin with the country code, which a trunk zero may follow.
 */
export interface Reading {
  readonly digits: string;
  readonly key: string;
}

export const READINGS: Readonly<Record<'clean' | 'messy', Reading>> = {
  clean: { digits: 'phone', key: 'digits' },
  messy: {
    digits: "ltrim(regexp_replace(phone, '[^0-9]', '', 'g'), '0')",
    key: "'32' || CASE WHEN length(digits) < 10 THEN digits ELSE ltrim(substr(digits, 3), '0') END",
  },
};
