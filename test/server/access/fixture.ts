/** Access files, tokens, and calls that carry them. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, Metadata, status } from '@grpc/grpc-js';
import { brusselsDay } from '#tacet/calendar/brussels.js';
import { formatIsoDay } from '#tacet/calendar/day.js';
import { dedupeService } from '#tacet/wire/service.js';
import { temporaryFolder } from '../fixture.ts';

export const TODAY = brusselsDay(Date.now());

/** `YYYY-MM-DD`, so many days from today. */
export const dayFromToday = (days: number): string => formatIsoDay(TODAY + days);

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The token of a client is made of its name: these are not secret. */
export const tokenOf = (client: string): string => `tacet-test-${client}`;

/** A licence that began half a year ago and renews itself. */
export function yearly(kind: string) {
  return { id: `${kind}-1`, kind, period: 'year', from: dayFromToday(-180), cancelled_on: null };
}

/** A licence of a month whose last day was yesterday. */
const ENDED = { id: 'month-1', kind: 'advertiser', period: 'month', from: dayFromToday(-40) };

const EVERYTHING = [
  ...['check', 'batch-check', 'dedupe', 'lists', 'dates', 'receipts', 'registers'],
  ...['operate', 'service', 'automated', 'sms', 'fax'],
];

const client = (name: string, more: object = {}) => ({
  party: 'centre',
  for: ['alpha'],
  tokens: [{ sha256: sha256(tokenOf(name)), expires: dayFromToday(30) }],
  allow: ['check', 'batch-check', 'dedupe', 'lists'],
  ...more,
});

/** A call centre with advertisers, a firm of its own, and clients of every kind. */
export function accessFile() {
  return {
    parties: {
      centre: {
        name: 'Call centre',
        kind: 'service-provider',
        licences: [yearly('service-provider')],
      },
      alpha: { name: 'Alpha', kind: 'advertiser', licences: [yearly('advertiser')] },
      beta: { name: 'Beta', kind: 'advertiser', licences: [yearly('advertiser')] },
      unlicensed: { name: 'Gamma', kind: 'advertiser', licences: [] },
      ended: { name: 'Delta', kind: 'advertiser', licences: [ENDED] },
      'centre-unlicensed': { name: 'Other centre', kind: 'service-provider', licences: [] },
    },
    clients: {
      dialler: client('dialler'),
      all: client('all', { for: ['*'], allow: EVERYTHING }),
      own: client('own', { party: 'beta', for: ['beta'] }),
      'only-lists': client('only-lists', { allow: ['lists'] }),
      'only-check': client('only-check', { allow: ['check'] }),
      expired: client('expired', {
        tokens: [{ sha256: sha256(tokenOf('expired')), expires: dayFromToday(-1) }],
      }),
      'of-unlicensed': client('of-unlicensed', { party: 'centre-unlicensed' }),
    },
  };
}

export type AccessFile = ReturnType<typeof accessFile>;

/** Writes an access file into a new folder; returns its path. */
export function writeAccess(file: object, path = join(temporaryFolder(), 'access.json')): string {
  writeFileSync(path, JSON.stringify(file));
  return path;
}

/** Metadata with a token. */
export function bearing(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

/** How a call ended. */
export interface Ended {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
  readonly response?: unknown;
}

type Methods = typeof dedupeService;

/** A unary call with a token. */
export function ask<Name extends 'Check' | 'GetLists' | 'BatchCheck'>(
  to: Client,
  name: Name,
  request: Parameters<Methods[Name]['requestSerialize']>[0],
  token: string | undefined,
): Promise<Ended> {
  const { path, requestSerialize, responseDeserialize } = dedupeService[name];
  return new Promise((resolve) => {
    to.makeUnaryRequest(
      path,
      // Each method serializes its own requests.
      requestSerialize as (value: unknown) => Buffer,
      responseDeserialize as (bytes: Buffer) => unknown,
      request,
      bearing(token),
      (error, response) => {
        if (error === null) {
          resolve({ code: status.OK, details: '', metadata: new Metadata(), response });
        } else {
          resolve(error);
        }
      },
    );
  });
}

const asIs = (bytes: Buffer): Buffer => bytes;

/** A call that streams both ways, bytes as they are, with a token. */
function streamWith(to: Client, path: string, token: string | undefined) {
  const call = to.makeBidiStreamRequest(path, asIs, asIs, bearing(token));
  // The status comes, too.
  call.on('error', () => undefined);
  return call;
}

/** Sends `requests` and half-closes: `response` is all that came, as bytes. */
function streamed(
  to: Client,
  path: string,
  { requests, token }: { requests: readonly Uint8Array[]; token: string | undefined },
): Promise<Ended> {
  const call = streamWith(to, path, token);
  const responses: Buffer[] = [];
  return new Promise((resolve) => {
    call.on('data', (bytes: Buffer) => responses.push(bytes));
    call.on('status', (ended) => resolve({ ...ended, response: Buffer.concat(responses) }));
    for (const request of requests) call.write(Buffer.from(request));
    call.end();
  });
}

/** A `Dedupe` stream with a token. */
export function dedupeWith(
  to: Client,
  requests: readonly Uint8Array[],
  token: string | undefined,
): Promise<Ended> {
  return streamed(to, dedupeService.Dedupe.path, { requests, token });
}

/** Health's `Check` of the process, with a token. */
export function healthWith(to: Client, token: string | undefined): Promise<Ended> {
  return new Promise((resolve) => {
    to.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      asIs,
      asIs,
      Buffer.alloc(0),
      bearing(token),
      (error, response) =>
        resolve(error ?? { code: status.OK, details: '', metadata: new Metadata(), response }),
    );
  });
}

/** Asks reflection for the services, with a token. */
export function reflectionWith(to: Client, token: string | undefined): Promise<Ended> {
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  // ServerReflectionRequest.list_services = 7, an empty text.
  return streamed(to, path, { requests: [Buffer.from([0x3a, 0x00])], token });
}

/** A `Dedupe` stream with a token that has been answered once and stays open. */
export async function openStreamWith(to: Client, request: Uint8Array, token: string) {
  const call = streamWith(to, dedupeService.Dedupe.path, token);
  const ended = new Promise<number>((resolve) => call.on('status', ({ code }) => resolve(code)));
  const answered = (next: Uint8Array): Promise<unknown> => {
    const answer = new Promise((resolve) => call.once('data', resolve));
    call.write(Buffer.from(next));
    return answer;
  };
  await answered(request);
  return { ended, answered, end: () => call.end() };
}
