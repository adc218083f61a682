import { Ledger } from '../../proof/ledger/ledger.ts';

/** How a command opens a ledger: it adds few entries, so it waits for no others. */
export function commandOptions(
  doing: string,
  { key, lockWaitMs }: { readonly key?: string | undefined; readonly lockWaitMs: number },
) {
  return { doing: `ledger ${doing}`, keyFile: key, lockWaitMs, groupMs: 0 };
}

/** Opens a ledger for a command while `use` runs. Errors: as `Ledger.open`. */
export async function withOpenLedger<Result>(
  doing: string,
  values: {
    readonly ledger: string;
    readonly key?: string | undefined;
    readonly lockWaitMs: number;
  },
  use: (ledger: Ledger) => Promise<Result>,
): Promise<Result> {
  const ledger = await Ledger.open(values.ledger, commandOptions(doing, values));
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
}
