import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { epochDay, isoDate, mayCall, TacetClient, TacetError } from '#tacet/client/index.js';
import { afterTest, LISTED, smallList, startServer, TODAY } from '../server/fixture.ts';

/** What the compiler would refuse, as a program without one gives it. */
type Anything = never;

async function connected(): Promise<TacetClient> {
  const { address } = await startServer(await smallList());
  const client = new TacetClient(address);
  afterTest(() => client.close());
  return client;
}

/** All that a stream of verdicts yields. */
async function drain(client: TacetClient, source: unknown, options = {}): Promise<void> {
  for await (const batch of client.verdicts(source as Anything, options)) {
    expect(batch.verdicts.length).toBeGreaterThan(0);
  }
}

/** What a caller did wrong, by how it may be told. */
const WRONG: [what: string, run: (client: TacetClient) => Promise<unknown>, told: RegExp][] = [
  [
    'no check',
    (client) => client.check(undefined as Anything),
    /^phoneNumber: not a phone number as text, got undefined/,
  ],
  [
    'an integer to check',
    (client) => client.check({ phoneNumber: 475123456 as Anything }),
    /^phoneNumber: not a phone number as text, got number/,
  ],
  [
    'a date that is none',
    (client) => client.check({ phoneNumber: '1', optInDate: '31/01/2026' }),
    /^optInDate: not a date, expected YYYY-MM-DD, got "99\/99\/9999"/,
  ],
  [
    'a text as numbers',
    (client) => drain(client, '0475123456'),
    /^not numbers to ask about, got s/,
  ],
  ['nothing to iterate', (client) => drain(client, 5), /^not numbers to ask about, got number/],
  ['no numbers', (client) => drain(client, undefined), /^not numbers to ask about, got undefined/],
  [
    'undefined among texts',
    (client) => drain(client, ['1', undefined]),
    /^phoneNumbers\[1\]: not a phone number as text, got undefined/,
  ],
  [
    'an integer among texts',
    (client) => drain(client, ['1', 475123456]),
    /^phoneNumbers\[1\]: not a phone number as text, got number/,
  ],
  [
    'a text among contacts',
    (client) => drain(client, [{ phoneNumber: '1' }, '1']),
    /^contacts\[1\]\.phoneNumber: not a phone number as text, got undefined/,
  ],
  [
    'a contact with a date that is none',
    (client) =>
      drain(client, [{ phoneNumber: '1' }, { phoneNumber: '1', optInDate: '2026-02-30' }]),
    /^optInDate 1: not a date/,
  ],
  [
    'a text where a list is meant',
    (client) => client.batchCheck({ phoneNumbers: '0475123456' as Anything }),
    /^phoneNumbers: not a list, got string\. Put a single number into an array/,
  ],
  [
    'an integer where a list is meant',
    (client) => client.batchCheck({ keys: LISTED as Anything }),
    /^keys: not a list, got number/,
  ],
  [
    'a fraction as a key',
    (client) => client.batchCheck({ keys: [1.5] }),
    /^keys\[0\]: not a phone number as an integer/,
  ],
  [
    'a day that is none',
    (client) => client.batchCheck({ keys: [1], optInDays: [-1] }),
    /^optInDays\[0\]: not the day of an opt-in/,
  ],
  [
    'fewer dates than numbers',
    (client) => client.batchCheck({ phoneNumbers: ['1', '2'], optInDates: ['2026-01-31'] }),
    /^opt-ins that do not match the numbers, expected 2 of them, got 1/,
  ],
  [
    'no batch',
    (client) => client.batchCheck(undefined as Anything),
    /^not a batch, .*got undefined/,
  ],
  [
    'two kinds of numbers',
    (client) => client.batchCheck({ keys: [1], phoneNumbers: ['1'] } as Anything),
    /^not a batch, expected one of .*got phoneNumbers and keys/,
  ],
  [
    'batches of no size',
    (client) => drain(client, ['1'], { batchNumbers: 0 }),
    /^batchNumbers: the option cannot be used, expected a whole number from 1 on, got 0/,
  ],
  [
    'no batch in flight',
    (client) => drain(client, ['1'], { batchesInFlightMax: 0 }),
    /^batchesInFlightMax: the option cannot be used/,
  ],
];

describe('what a caller does wrong', () => {
  it.each(WRONG)('%s is told in the names of the client', async (_what, run, told) => {
    const error: unknown = await run(await connected()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TacetError);
    expect((error as TacetError).code).toBe('ERR_REQUEST');
    expect((error as TacetError).message).toMatch(told);
    expect((error as TacetError).message).not.toMatch(/_|0475|475123456/);
  });

  it.each([
    ['', {}, /^address "": no connection can be made/],
    [undefined as Anything, {}, /^address: no connection can be made, got undefined/],
    [5 as Anything, {}, /^address: no connection can be made, got number/],
    ['127.0.0.1:1', { timeoutMs: 0 }, /^timeoutMs: the option cannot be used/],
    ['127.0.0.1:1', { retriesMax: -1 }, /^retriesMax: the option cannot be used/],
    ['127.0.0.1:1', { tls: { ca: 'no PEM' } }, /^address "127.0.0.1:1": no connection can be made/],
    [
      '127.0.0.1:1',
      { tls: { key: 'no PEM' } },
      /^address "127.0.0.1:1": no connection can be made/,
    ],
    ['a.test:1', { token: 'secret' }, /^token: a token would be sent in clear/],
    ['127.0.0.1:1', { token: 'secret\n' }, /^token: the token cannot be sent/],
  ])('a client of %s with %o is refused', (address, options, told) => {
    const make = (): TacetClient => new TacetClient(address, options);
    expect(make).toThrow(TacetError);
    expect(make).toThrow(told);
    expect(make).not.toThrow('secret');
  });

  it('an address without a server is told without notes that say nothing', async () => {
    const client = new TacetClient('127.0.0.1:1', { timeoutMs: 300, retriesMax: 0 });
    afterTest(() => client.close());
    const error: unknown = await client.check({ phoneNumber: '1' }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_SERVER' });
    expect((error as TacetError).message).not.toMatch(/undefined|Resolution note/);
  });
});

describe('contacts', () => {
  it('are asked with their opt-ins, and come back as they were', async () => {
    const client = await connected();
    const rows = [
      { id: 1, phoneNumber: '0475 12 34 56' },
      { id: 2, phoneNumber: '0475 12 34 56', optInDate: isoDate(TODAY - 1) },
      { id: 3, phoneNumber: '0475 12 34 56', optInDate: '' },
      { id: 4, phoneNumber: '+33 1 23 45 67 89', optInDate: undefined },
    ];
    const answered: [id: number, verdict: number][] = [];
    for await (const { contacts, verdicts } of client.verdicts(rows, { batchNumbers: 3 })) {
      answered.push(...contacts.map(({ id }, at): [number, number] => [id, verdicts[at] ?? 0]));
    }
    expect(answered).toEqual([
      [1, 2],
      [2, 3],
      [3, 2],
      [4, 4],
    ]);
    const { verdicts } = await client.batchCheck({ contacts: rows });
    expect([...verdicts].map((verdict) => mayCall(verdict))).toEqual([false, true, false, false]);
  });

  it('may be given as lists of dates', async () => {
    const client = await connected();
    const optInDates = [isoDate(TODAY - 1), undefined, ''];
    const keys = [LISTED, LISTED, LISTED];
    expect([...(await client.batchCheck({ keys, optInDates })).verdicts]).toEqual([3, 2, 2]);
  });
});

describe('a token', () => {
  it('is sent with every call', async () => {
    const seen: unknown[] = [];
    const server = createServer();
    server.on('stream', (stream, headers) => {
      seen.push(headers['authorization']);
      stream.respond({ ':status': 200, 'grpc-status': '16' }, { endStream: true });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    afterTest(() => server.close());
    // It listens on a port.
    const { port } = server.address() as AddressInfo;
    const client = new TacetClient(`127.0.0.1:${port}`, { token: 'a-secret', retriesMax: 0 });
    afterTest(() => client.close());
    await expect(client.check({ phoneNumber: '1' })).rejects.toThrow('UNAUTHENTICATED');
    await expect(client.batchCheck({ keys: [1] })).rejects.toThrow('UNAUTHENTICATED');
    await expect(drain(client, ['1'])).rejects.toThrow('UNAUTHENTICATED');
    expect(seen).toEqual(['Bearer a-secret', 'Bearer a-secret', 'Bearer a-secret']);
  });
});

describe('days', () => {
  it('are numbers since 1970 and dates, both ways', () => {
    expect(epochDay('1970-01-02')).toBe(1);
    expect(isoDate(epochDay('2026-02-28'))).toBe('2026-02-28');
    expect(isoDate(0)).toBe('');
    expect(epochDay('1969-12-31')).toBe(0);
    expect(() => epochDay('2026-02-30')).toThrow('not a date');
  });
});

describe('mayCall', () => {
  const verdicts = [-1, 0, 1, 2, 3, 4, 5, 6, 7, Number.NaN];

  it('is false for all but callable and callable-opt-in', () => {
    expect(verdicts.filter((verdict) => mayCall(verdict))).toEqual([1, 3]);
    expect(verdicts.filter((verdict) => mayCall(verdict, 'direct-marketing'))).toEqual([1, 3]);
  });

  it('is true for not-applicable where a service call is asked about', () => {
    expect(verdicts.filter((verdict) => mayCall(verdict, 'service'))).toEqual([1, 3, 6]);
  });
});
