/** What the trailer of a layout may be. */

/** Stands for the count in the form of a trailer. */
export const COUNT = '{count}';
const FORM_LENGTH_MAX = 100;

/** Why `form` cannot be that of a trailer, as what is expected instead; null where it can. */
export function expectedForm(form: string): string | null {
  const parts = form.split(COUNT);
  const isText = form.length <= FORM_LENGTH_MAX && !/(?!\t)\p{Cc}/u.test(form);
  if (parts.length === 2 && isText && /[^\s"]/.test(parts.join(''))) return null;
  return `text with ${COUNT} once in it, such as "TOTAL;${COUNT}", at most ${FORM_LENGTH_MAX} long`;
}
