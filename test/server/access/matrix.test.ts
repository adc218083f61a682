import { type Client, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { decodeErrorInfo } from '#tacet/wire/error-info.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { encodeOptions } from '#tacet/wire/service.js';
import { CALLABLE, LISTED, rawClient, smallList, startServer } from '../fixture.ts';
import {
  accessFile,
  ask,
  dedupeWith,
  type Ended,
  healthWith,
  reflectionWith,
  tokenOf,
  writeAccess,
} from './fixture.ts';

/** Every method, for every kind of caller: one status each, and nothing of the list in it. */

const METHODS = ['Check', 'BatchCheck', 'Dedupe', 'GetLists', 'health', 'reflection'] as const;
type MethodName = (typeof METHODS)[number];

interface Kind {
  /** Undefined = no token. */
  readonly token: string | undefined;
  readonly advertiser: string;
  /** Status and reason by method; the rest has those of `else`. */
  readonly expected: Partial<Record<MethodName, string>> & { readonly else: string };
}

const OK = 'OK';
const UNAUTHENTICATED = 'UNAUTHENTICATED ERR_UNAUTHENTICATED';
const NOT_ALLOWED = 'PERMISSION_DENIED ERR_ACCESS';
const NOT_FOR = 'PERMISSION_DENIED ERR_ADVERTISER';
const NO_LICENCE = 'PERMISSION_DENIED ERR_LICENCE';
/** Those that are for no advertiser. */
const FOR_ALL = { GetLists: OK, health: OK, reflection: OK };

const KINDS: Readonly<Record<string, Kind>> = {
  nobody: { token: undefined, advertiser: 'alpha', expected: { else: UNAUTHENTICATED } },
  'an unknown token': {
    token: 'tacet-unknown',
    advertiser: 'alpha',
    expected: { else: UNAUTHENTICATED },
  },
  'an empty token': { token: '', advertiser: 'alpha', expected: { else: UNAUTHENTICATED } },
  'an expired token': {
    token: tokenOf('expired'),
    advertiser: 'alpha',
    expected: { else: UNAUTHENTICATED },
  },
  'a client for its advertiser': {
    token: tokenOf('dialler'),
    advertiser: 'alpha',
    expected: { else: OK },
  },
  'a party for itself': { token: tokenOf('own'), advertiser: 'beta', expected: { else: OK } },
  'a client for any advertiser': {
    token: tokenOf('all'),
    advertiser: 'beta',
    expected: { else: OK },
  },
  'a client without an advertiser': {
    token: tokenOf('dialler'),
    advertiser: '',
    expected: { ...FOR_ALL, else: NOT_FOR },
  },
  "a client for another's advertiser": {
    token: tokenOf('dialler'),
    advertiser: 'beta',
    expected: { ...FOR_ALL, else: NOT_FOR },
  },
  'a client for nobody there is': {
    token: tokenOf('dialler'),
    advertiser: 'nobody',
    expected: { ...FOR_ALL, else: NOT_FOR },
  },
  'a client for a provider': {
    token: tokenOf('all'),
    advertiser: 'centre',
    expected: { ...FOR_ALL, else: NOT_FOR },
  },
  'an advertiser without a licence': {
    token: tokenOf('all'),
    advertiser: 'unlicensed',
    expected: { ...FOR_ALL, else: NO_LICENCE },
  },
  'an advertiser whose month is over': {
    token: tokenOf('all'),
    advertiser: 'ended',
    expected: { ...FOR_ALL, else: NO_LICENCE },
  },
  'a provider without a licence': {
    token: tokenOf('of-unlicensed'),
    advertiser: 'alpha',
    expected: { ...FOR_ALL, else: NO_LICENCE },
  },
  'a client that may see lists': {
    token: tokenOf('only-lists'),
    advertiser: 'alpha',
    expected: { ...FOR_ALL, else: NOT_ALLOWED },
  },
  'a client that may check': {
    token: tokenOf('only-check'),
    advertiser: 'alpha',
    expected: { Check: OK, health: OK, reflection: OK, else: NOT_ALLOWED },
  },
};

/** Calls a method as a caller would. */
function call(to: Client, method: MethodName, { token, advertiser }: Kind): Promise<Ended> {
  const batch = Buffer.concat([encodeOptions({ advertiser }), encodeKeys([LISTED, CALLABLE])]);
  switch (method) {
    case 'Check':
      return ask(
        to,
        'Check',
        { phoneNumber: '0475123456', optInDate: '', region: '', advertiser },
        token,
      );
    case 'BatchCheck':
      return ask(to, 'BatchCheck', batch, token);
    case 'GetLists':
      return ask(to, 'GetLists', {}, token);
    case 'Dedupe':
      return dedupeWith(to, [batch], token);
    case 'health':
      return healthWith(to, token);
    case 'reflection':
      return reflectionWith(to, token);
  }
}

/** `PERMISSION_DENIED ERR_LICENCE`, or `OK`. */
function codeAndReason({ code, metadata }: Ended): string {
  if (code === status.OK) return OK;
  const [details] = metadata.get('grpc-status-details-bin');
  const reason = details instanceof Buffer ? decodeErrorInfo(details)?.reason : undefined;
  return `${status[code]} ${reason ?? 'without a reason'}`;
}

describe('with an access file', () => {
  it.each(Object.keys(KINDS))('%s gets one status from every method', async (name) => {
    const kind = KINDS[name] as Kind; // a key of the table
    const { address } = await startServer(await smallList(), { access: writeAccess(accessFile()) });
    const client = rawClient(address);
    for (const method of METHODS) {
      const ended = await call(client, method, kind);
      expect(`${method}: ${codeAndReason(ended)}`).toBe(
        `${method}: ${kind.expected[method] ?? kind.expected.else}`,
      );
    }
  });
});
