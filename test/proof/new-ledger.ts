/** Ledgers in folders of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { Ledger, type LedgerOptions } from '#tacet/proof/ledger/ledger.js';

export const ORIGIN = 'ledger.firm.example/be1';
const ENGINE = { name: 'tacet', version: '0.1.0' };
const OPTIONS: LedgerOptions = { doing: 'test', lockWaitMs: 0, groupMs: 0 };

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tacet-proof-'));
  folders.push(folder);
  return folder;
}

/** A new ledger with its first entry. */
export function newLedger(
  options: Partial<LedgerOptions> = {},
  previous: string | null = null,
): Promise<Ledger> {
  return initLedger(join(newFolder(), 'ledger'), options, previous);
}

export async function initLedger(
  directory: string,
  options: Partial<LedgerOptions> = {},
  previous: string | null = null,
): Promise<Ledger> {
  const beginning = {
    origin: previous === null ? ORIGIN : `${ORIGIN}-2`,
    previous,
    engine: ENGINE,
  };
  return Ledger.init(directory, { ...OPTIONS, ...options }, beginning);
}

export function openLedger(
  directory: string,
  options: Partial<LedgerOptions> = {},
): Promise<Ledger> {
  return Ledger.open(directory, { ...OPTIONS, ...options });
}
