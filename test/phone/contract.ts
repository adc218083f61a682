/**
 * The characters that by contract do not matter in a phone number, as the inside
 * of a character class; written down independently of the table in `src/phone/unicode.ts`.
 */
export const IGNORED_CLASS = [
  String.raw` \t\n\v\f\r\p{Zs}./()[\]\-`,
  // hyphens and dashes
  String.raw`\u2010-\u2015\u2212\ufe58\ufe63\uff0d`,
  // full-width brackets, dot, slash
  String.raw`\uff08\uff09\uff0e\uff0f\uff3b\uff3d`,
  // zero-width and bidi marks
  String.raw`\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad`,
].join('');
