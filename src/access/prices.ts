import { fileURLToPath } from 'node:url';
import { readSmallFile } from '../disk/small-file.ts';
import type { FileValue } from './file/file-value.ts';
import { readChecked } from './file/read-checked.ts';
import type { Licence } from './licence.ts';

/** The table that comes along. Other pages of DNCM have other prices, so another can be given. */
const OWN_TABLE = fileURLToPath(new URL('prices.json', import.meta.url));

const BYTES_MAX = 64 * 1024;

/** What a licence costs, in whole units of the currency, by the size of the company. */
interface Price {
  readonly lower: number;
  readonly upper: number;
}

/** What licences cost, when, and where that is said. */
export interface PriceTable {
  readonly source: string;
  /** An epoch day. */
  readonly asOfDay: number;
  readonly currency: string;
  /** Comes on top of every price. */
  readonly vatPercent: number;
  /** So many workers are the lower class still. */
  readonly lowerWorkersMax: number;
  readonly advertiser: { readonly year: Price; readonly month: Price };
  readonly serviceProvider: { readonly year: Price };
}

/** Reads a price table; default the one that comes along. Errors: ERR_IO, ERR_LIMIT, ERR_OPTION. */
export async function readPrices(path = OWN_TABLE): Promise<PriceTable> {
  const bytes = await readSmallFile(path, BYTES_MAX);
  const { value, faults } = readChecked(bytes, tableOf);
  if (value !== undefined) return value;
  throw faults.toError(path, { code: 'ERR_OPTION', subject: 'the price table' });
}

function tableOf(file: FileValue): PriceTable {
  const read = file.members([
    ...['source', 'as_of', 'currency', 'vat_percent', 'lower_workers_max', 'advertiser'],
    'service-provider',
  ] as const);
  const advertiser = read.advertiser.members(['year', 'month']);
  const provider = read['service-provider'].members(['year']);
  return {
    source: read.source.line() ?? '',
    asOfDay: read.as_of.day() ?? 0,
    currency: read.currency.line() ?? '',
    vatPercent: read.vat_percent.count(0) ?? 0,
    lowerWorkersMax: read.lower_workers_max.count(0) ?? 0,
    advertiser: { year: priceOf(advertiser.year), month: priceOf(advertiser.month) },
    serviceProvider: { year: priceOf(provider.year) },
  };
}

function priceOf(file: FileValue): Price {
  const { lower, upper } = file.members(['lower', 'upper']);
  return { lower: lower.count(0) ?? 0, upper: upper.count(0) ?? 0 };
}

/**
 * What a licence of this kind costs a company of this size, excluding VAT: one price, or both where
 * the size is unknown and matters.
 */
export function pricesFor(
  table: PriceTable,
  { kind, period }: Pick<Licence, 'kind' | 'period'>,
  workers: number | undefined,
): readonly number[] {
  const { year, month } = {
    month: undefined,
    ...table[kind === 'advertiser' ? kind : 'serviceProvider'],
  };
  const price = period === 'month' ? month : year;
  if (price === undefined) return [];
  if (workers !== undefined) return [workers <= table.lowerWorkersMax ? price.lower : price.upper];
  return price.lower === price.upper ? [price.lower] : [price.lower, price.upper];
}
