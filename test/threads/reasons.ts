/** The reasons of keys by the rules as written, key by key: the oracle of the fast ones. */

const FIXED =
  /^32(80[2-8]\d{5}|(?:1[0-69]|[23][2-8]|4[23]|5\d|6[013-57-9]|71|8[1-79]|9[2-4])\d{6})$/;
const MOBILE = /^324[5-9]\d{7}$/;
const SPECIAL =
  /^32(800[1-9]\d{4}|7879\d{4}|90\d{6}|70(?:2[0-57]|3[04-7]|44|6[04-69]|7[0579])\d{4}|78(?:0[578]|1[014-8]|2[25]|3[15-8]|48|5[05]|60|7[06-8]|9\d)\d{4})$/;

// biome-ignore format: a table
const COUNTRY_CODES: readonly string[] = [
  '1', '7', '20', '211', '212', '213', '216', '218', '22', '23', '240', '241', '242', '243', '244',
  '245', '246', '247', '248', '249', '25', '26', '27', '290', '291', '297', '298', '299', '30',
  '31', '33', '34', '35', '36', '37', '380', '381', '382', '383', '385', '386', '387', '389', '39',
  '40', '41', '420', '421', '423', '43', '44', '45', '46', '47', '48', '49', '50', '51', '52', '53',
  '54', '55', '56', '57', '58', '59', '60', '61', '62', '63', '64', '65', '66', '670', '672', '673',
  '674', '675', '676', '677', '678', '679', '680', '681', '682', '683', '685', '686', '687', '688',
  '689', '690', '691', '692', '800', '808', '81', '82', '84', '850', '852', '853', '855', '856',
  '86', '870', '878', '880', '881', '882', '883', '886', '888', '90', '91', '92', '93', '94', '95',
  '960', '961', '962', '963', '964', '965', '966', '967', '968', '970', '971', '972', '973', '974',
  '975', '976', '977', '979', '98', '992', '993', '994', '995', '996', '998',
];
// 22, 23 ... stand for all ten codes behind them; 259 alone of the 25s is nobody's.
const UNUSED = /^259/;

/** What is known of a key. `registered`: the day, 0 = unknown, undefined = not on the list. */
interface KeyState {
  readonly registered: number | undefined;
  readonly optIn?: number;
  readonly today: number;
}

/**
 * The reason of one key, for a purpose and channel. Written from the contract's table, *Purpose and
 * channel*; its sources stand in docs/VERDICTS.md.
 */
export function reasonFor(
  { purpose, channel }: { readonly purpose: string; readonly channel: string },
  key: number | bigint,
  state: KeyState,
): number {
  const byList = reasonOf(key, state);
  const { registered, optIn = 0, today } = state;
  // "What would be 1 to 4 is 6, 5 stays 5."
  if (byList >= 30) return byList;
  if (purpose === 'service') return 3;
  // "4 and 5 stay 4 and 5 unless said."
  if (byList >= 20 || channel === 'person') return byList;
  // "An opt-in counts if it is dated, not later than today in Brussels."
  const counts = optIn > 0 && optIn <= today;
  // "The list does not apply: an opt-in that counts gives 3, else 2."
  if (channel === 'sms' || channel === 'fax') return counts ? 4 : 15;
  // "An opt-in that counts and, for a listed number, is later than the registration gives 3."
  if (registered === undefined) return counts ? 4 : 15;
  return counts && registered > 0 && optIn > registered ? 4 : 10;
}

/** The verdict of a reason. */
export function verdictFor(reason: number): number {
  if (reason >= 30) return 5;
  if (reason >= 20) return 4;
  if (reason >= 10) return 2;
  return [0, 1, 3, 6, 3][reason] ?? 0;
}

/** All that can be asked for. */
export const APPROACHES = (['direct-marketing', 'service'] as const).flatMap((purpose) =>
  (['person', 'automated', 'sms', 'fax'] as const).map((channel) => ({ purpose, channel })),
);

/** The reason of one key called by a person for direct marketing. */
export function reasonOf(key: number | bigint, state: KeyState): number {
  const { registered, optIn = 0, today } = state;
  if (registered !== undefined) {
    if (optIn === 0) return 10;
    if (registered === 0) return 13;
    if (optIn > today) return 12;
    return optIn > registered ? 2 : 11;
  }
  const digits = String(key);
  if (digits === '0') return 30;
  if (digits.length > 15) return 33;
  if (digits.startsWith('32')) {
    if (FIXED.test(digits) || MOBILE.test(digits)) return 1;
    if (SPECIAL.test(digits)) return 21;
    if (digits.length < 10) return 32;
    return digits.length > 11 ? 33 : 39;
  }
  if (digits.length < 7) return 32;
  const isUsed = COUNTRY_CODES.some((code) => digits.startsWith(code)) && !UNUSED.test(digits);
  return isUsed ? 20 : 39;
}
