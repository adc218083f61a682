/** The forms that a layout's trailer may have. */

/** Stands for the count in the form of a trailer. */
export const COUNT = '{count}';
const FORM_LENGTH_MAX = 100;

/** What is expected of a trailer form if `form` is invalid; null if it is valid. */
export function expectedForm(form: string): string | null {
  const parts = form.split(COUNT);
  const isText = form.length <= FORM_LENGTH_MAX && !/(?!\t)\p{Cc}/u.test(form);
  if (parts.length === 2 && isText && /[^\s"]/.test(parts.join(''))) return null;
  return `text with ${COUNT} once in it, such as "TOTAL;${COUNT}", at most ${FORM_LENGTH_MAX} long`;
}
