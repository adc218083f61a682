import type { Party } from '../../access/access.ts';
import { readAccess } from '../../access/file/read-access.ts';
import { type Licence, licenceDays } from '../../access/licence.ts';
import { type PriceTable, pricesFor, readPrices } from '../../access/prices.ts';
import { brusselsDay } from '../../calendar/brussels.ts';
import { formatIsoDay } from '../../calendar/day.ts';
import { ACCESS_LICENCES_OPTIONS } from '../../options/access.ts';
import { helpOf } from '../../options/table.ts';
import { type Command, EXIT_DONE, oneOperand, readArguments } from '../arguments.ts';
import { printFacts, withCommas } from '../print.ts';

/** `tacet access licences`: the days of the licences, and what renewals cost. */
export const command: Command = {
  help: `Usage: tacet access licences FILE [--on YYYY-MM-DD] [--prices FILE.json] [--json]

Shows each licence of an access file: its period, the last day to cancel it, the day on which DNCM
reminds of that at the latest, and what a renewal costs; and what an advertiser with a campaign of
one month would pay. Prices are data with a date and exclude VAT: 250 workers are the lower class,
and where nobody knows how many there are, both prices are shown.

${helpOf(ACCESS_LICENCES_OPTIONS)}`,
  async run(args) {
    const one = oneOperand('FILE');
    const { values, operands: path } = readArguments(args, ACCESS_LICENCES_OPTIONS, one);
    const { onDay = brusselsDay(Date.now()) } = values;
    const prices = await readPrices(values.prices);
    const access = await readAccess(path, values.bytesMax);
    const parties = [...access.parties.values()].map((party) => partyFacts(party, onDay, prices));
    const on = formatIsoDay(onDay);
    const { source, asOfDay, currency, vatPercent } = prices;
    const table = { source, asOf: formatIsoDay(asOfDay), currency, vatPercent };
    const text = textOf(on, prices, parties);
    await printFacts(values.json, { on, prices: table, parties }, text);
    return EXIT_DONE;
  },
};

type PartyFacts = ReturnType<typeof partyFacts>;

function partyFacts(party: Party, onDay: number, prices: PriceTable) {
  const { id, name, kind, workers = null, licences } = party;
  const campaign = (period: Licence['period']): readonly number[] =>
    pricesFor(prices, { kind: 'advertiser', period }, party.workers);
  const isAdvertiser = kind === 'advertiser';
  return {
    ...{ id, name, kind, workers },
    licences: licences.map((licence) => {
      const facts = licenceFacts(licence, onDay);
      const renewal = facts.renews ? pricesFor(prices, licence, party.workers) : [];
      return { ...facts, renewalPrices: renewal };
    }),
    /** What a campaign of one month costs, bought as a month and as a year. */
    campaign: isAdvertiser ? { month: campaign('month'), year: campaign('year') } : null,
  };
}

function licenceFacts(licence: Licence, onDay: number) {
  const { id, kind, period, fromDay, cancelledDay } = licence;
  const { firstDay, lastDay, renews, cancelByDay, reminderDay } = licenceDays(licence, onDay);
  const decides = (day: number | undefined) => (renews ? dayText(day) : null);
  return {
    ...{ id, kind, period },
    from: formatIsoDay(fromDay),
    cancelledOn: dayText(cancelledDay),
    state: onDay < fromDay ? 'to come' : onDay > lastDay ? 'over' : 'valid',
    firstDay: formatIsoDay(firstDay),
    lastDay: formatIsoDay(lastDay),
    renews,
    cancelBy: decides(cancelByDay),
    reminder: decides(reminderDay),
  };
}

function dayText(day: number | undefined): string | null {
  return day === undefined ? null : formatIsoDay(day);
}

function textOf(
  on: string,
  { source, asOfDay, currency, vatPercent }: PriceTable,
  parties: readonly PartyFacts[],
): string {
  const asOf = formatIsoDay(asOfDay);
  return `Licences on ${on}. Prices in ${currency}, excluding ${vatPercent} % VAT, as of ${asOf}:
${source}
${parties.map((party) => `\n${partyText(party, on)}`).join('')}`;
}

function partyText(
  { id, name, kind, workers, licences, campaign }: PartyFacts,
  on: string,
): string {
  const size = workers === null ? 'how many work there is unknown' : `${workers} workers`;
  const lines = [`${id} (${name}), ${kind}, ${size}`];
  if (licences.length === 0) lines.push('  no licence');
  for (const licence of licences) lines.push(...licenceLines(licence, on));
  if (campaign !== null) {
    const [month, year] = [pricesText(campaign.month), pricesText(campaign.year)];
    lines.push(`  a campaign of one month: ${month} for a month's licence, ${year} for a year's`);
  }
  return `${lines.join('\n')}\n`;
}

function licenceLines(licence: PartyFacts['licences'][number], on: string): string[] {
  const { id, kind, period, state, firstDay, lastDay, renews, renewalPrices } = licence;
  const { cancelBy, reminder, cancelledOn } = licence;
  const end = renews ? 'renews' : cancelledOn === null || period === 'month' ? 'ends' : 'cancelled';
  const row = (what: string, value: string) => `    ${what.padEnd(20)}${value}`;
  const past = (day: string | null) => `${day}${day !== null && day < on ? ', past' : ''}`;
  const lines = [
    `  ${id}: ${kind}, ${period}, ${state}`,
    row('period', `${firstDay} to ${lastDay}, ${end}`),
  ];
  if (!renews) return lines;
  if (cancelledOn === null) {
    lines.push(row('reminder due by', past(reminder)), row('last day to cancel', past(cancelBy)));
  } else lines.push(row('cancelled on', `${cancelledOn}, too late for this period`));
  return [...lines, row('renewal', pricesText(renewalPrices))];
}

function pricesText(prices: readonly number[]): string {
  return prices.map(withCommas).join(' or ');
}
