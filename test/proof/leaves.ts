/** Leaves as a server would write them. */
import type { Leaf } from '#tacet/proof/format/leaf.js';

const HASH = 'a0'.repeat(32);

/** A dedupe of ten numbers of ACME, by a call centre. */
export function dedupeLeaf(changes: object = {}): Leaf {
  return {
    v: 1,
    type: 'dedupe',
    id: '00112233445566778899aabbccddeeff',
    job_id: 'acme-2026-11-27',
    provider: { id: 'cc', name: 'Centre d’appels SA' },
    advertiser: { id: 'acme', name: 'ACME' },
    client: 'dialler-1',
    licences: [{ kind: 'service-provider', id: 'SP-1', until: '2027-03-31' }],
    purpose: 'direct-marketing',
    channel: 'person',
    region: 'BE',
    lists: [
      {
        name: 'dncm',
        sha256: HASH,
        source_sha256: 'b1'.repeat(32),
        snapshot_date: '2026-11-24',
        entries: 1_492_109,
        valid_until: '2026-11-29T23:00:00Z',
        override: null,
      },
    ],
    registers: [{ name: 'objections', revision_first: 7, revision_last: 9 }],
    counts: {
      numbers: 10,
      callable: 4,
      blocked: 3,
      callable_opt_in: 1,
      not_covered: 1,
      unreadable: 1,
      not_applicable: 0,
      opt_in_unreadable: 0,
    },
    input: { bytes: 400, rows: 10, tag: HASH },
    outputs: {
      callable: { rows: 5, tag: HASH },
      blocked: { rows: 3, tag: HASH },
      undecided: null,
    },
    rows: null,
    parts: null,
    engine: { name: 'tacet', version: '0.1.0' },
    started: 1_795_809_600_000,
    finished: 1_795_809_601_234,
    ...changes,
  };
}
