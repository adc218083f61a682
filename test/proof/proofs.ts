/** Receipts and openings as somebody would hold them, small enough to change every byte of. */
import type { Leaf } from '#tacet/proof/format/leaf.js';
import type { Ledger } from '#tacet/proof/ledger/ledger.js';
import { RowOpening } from '#tacet/proof/rows/opening.js';
import { type Row, RowCommitments, rowsKeyOf } from '#tacet/proof/rows/rows.js';
import { parsePolicy } from '#tacet/proof/verify/policy.js';
import { type Trust, verifyProof } from '#tacet/proof/verify/verify.js';

export const SECRET = Buffer.alloc(32, 9);

/** Twenty numbers and their verdicts. */
export const ROWS: readonly Row[] = Array.from({ length: 20 }, (_, i) => ({
  number: i === 7 ? 0 : 32_475_000_000 + i,
  optInDay: i === 3 ? 20_000 : 0,
  verdict: i === 3 ? 3 : i === 7 ? 5 : 1 + (i % 2),
}));

export function committed() {
  const commitments = new RowCommitments(rowsKeyOf(SECRET));
  for (const row of ROWS) commitments.add(row);
  const { count, root } = commitments.finish();
  return { scheme: 'tacet-rows-v1', count, root: root.toString('hex'), by: 'server' } as const;
}

/** The shortest leaf that commits to rows. */
export function checksLeaf(): Leaf {
  return {
    ...{ v: 1, type: 'checks', id: 'c0'.repeat(16), provider: null, advertiser: null },
    ...{ client: null, licences: [], purpose: 'direct-marketing', channel: 'person' },
    ...{ lists: [], registers: [], rows: committed() },
    counts: {
      ...{ numbers: 20, callable: 9, blocked: 9, callable_opt_in: 1, not_covered: 0 },
      ...{ unreadable: 1, not_applicable: 0, opt_in_unreadable: 0 },
    },
    ...{ engine: { name: 'tacet', version: '0.1.0' }, started: 1, finished: 2 },
  };
}

export function openingOf(receipt: string, index: number): string {
  return RowOpening.make({ secret: SECRET, stream: 0, rows: ROWS, receipt }, index).text();
}

export function trustIn(ledger: Ledger, ...more: readonly string[]): Trust {
  const lines = [`log ${ledger.verifierKey.text}`, ...more];
  if (!more.some((line) => line.startsWith('quorum'))) lines.push('quorum none');
  return { policy: parsePolicy(lines.join('\n'), 'policy') };
}

/** Whether a proof holds; anything but ERR_PROOF is thrown. */
export function holds(bytes: Uint8Array, trust: Trust): boolean {
  try {
    verifyProof(bytes, trust);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_PROOF') return false;
    throw error;
  }
}
