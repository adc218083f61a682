import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAccess } from '#tacet/access/file/read-access.js';

/** Parties and clients as a file has them. */
export interface AccessJson {
  parties: Record<string, Record<string, unknown>>;
  clients: Record<string, Record<string, unknown>>;
}

export const BYTES_MAX = 1024 * 1024;

export const sha256Of = (token: string): string => createHash('sha256').update(token).digest('hex');

export const TOKEN = 'tacet_a-token-of-the-tests';

/** Two advertisers, a call centre and a dialler of each; changed by `change`. */
export function accessJson(change: (json: AccessJson) => void = () => undefined): AccessJson {
  const year = { period: 'year', from: '2026-03-01', cancelled_on: null };
  const json: AccessJson = {
    parties: {
      acme: {
        name: 'ACME NV',
        kind: 'advertiser',
        enterprise_number: '0123.456.749',
        workers: 250,
        licences: [{ id: 'A-1', kind: 'advertiser', ...year }],
      },
      bolt: {
        name: 'Bolt SA',
        kind: 'advertiser',
        licences: [{ id: 'B-1', kind: 'advertiser', period: 'month', from: '2026-11-01' }],
      },
      ring: {
        name: 'Ring BV',
        kind: 'service-provider',
        workers: 251,
        licences: [{ id: 'R-1', kind: 'service-provider', ...year }],
      },
    },
    clients: {
      'dialler-a': {
        party: 'acme',
        for: ['acme'],
        tokens: [{ sha256: sha256Of(TOKEN), expires: '2026-12-31' }],
        certificates: ['dns:Dialler-A.example', 'uri:spiffe://example/dialler-a'],
        allow: ['check', 'batch-check', 'dedupe', 'lists'],
        numbers_per_day_max: 1_000_000,
        checks_per_minute_max: 600,
      },
      'ring-all': {
        party: 'ring',
        for: ['*'],
        certificates: ['dns:ring.example'],
        allow: ['check', 'service'],
      },
    },
  };
  change(json);
  return json;
}

/** The path of a file with this content. */
export async function accessFile(content: string | Uint8Array): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'tacet-access-')), 'access.json');
  await writeFile(path, content);
  return path;
}

/** What is wrong with a content, a line each. */
export function faultsOf(content: string | Uint8Array): string[] {
  const { faults } = checkAccess(Buffer.from(content));
  return faults.listed.map(({ place, what, fix }) => `${place}: ${what}. ${fix}`);
}
