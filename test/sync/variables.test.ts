import { describe, expect, it } from 'vitest';
import { readSyncOptions } from '#tacet/cli/sync.js';
import { readServeOptions } from '#tacet/options/serve/serve.js';
import { syncOptionsOf } from '#tacet/serving/list-sync.js';

const KEYS = [`SHA256:${'A'.repeat(43)}`, `SHA256:${'B'.repeat(43)}`];

/** What `tacet sync` and a server that fetches its own list make of the same variable. */
function hostKeysOf(text: string): { sync: unknown; serve: unknown } {
  const environment = {
    TACET_LIST: '/store',
    TACET_SYNC_STORE: '/store',
    TACET_SYNC_FROM: 'sftp://acme@127.0.0.1:22/dncm.txt',
    TACET_SYNC_HOST_KEY: text,
  };
  const served = readServeOptions({ flags: {}, environment, config: undefined });
  return {
    sync: readSyncOptions([], environment).options.hostKeys,
    serve: syncOptionsOf(served, { key: undefined, password: undefined })?.hostKeys,
  };
}

describe('TACET_SYNC_HOST_KEY', () => {
  it('holds one key, or several with commas between', () => {
    expect(hostKeysOf(KEYS[0] ?? '')).toEqual({ sync: [KEYS[0]], serve: [KEYS[0]] });
    expect(hostKeysOf(KEYS.join(', '))).toEqual({ sync: KEYS, serve: KEYS });
  });

  it('counts as not given where it is empty', () => {
    expect(hostKeysOf('')).toEqual({ sync: [], serve: [] });
  });
});
