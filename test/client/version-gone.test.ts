import { Metadata, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import type { DedupeCallOptions, TacetError } from '#tacet/client/index.js';
import type { ErrorCode } from '#tacet/errors.js';
import { ERROR_DOMAIN, encodeErrorInfo, STATUS_DETAILS } from '#tacet/wire/error-info.js';
import {
  type Call,
  concat,
  connect,
  lists,
  lyingServer,
  SHA_A,
  SHA_B,
  summary,
  verdicts,
} from './fixture.ts';

/** How one stream goes: answers so many batches from a version, then breaks if it is told so. */
interface Turn {
  /** Nothing: the version asked for is not served. */
  readonly from?: string;
  readonly verdict?: number;
  /** Then UNAVAILABLE; without it the stream is answered to its end. */
  readonly batches?: number;
  /** With nothing else: why it is not served. */
  readonly reason?: ErrorCode;
}

const REFUSED: Turn = {};

/** Servers that take turns, the last for ever; `asked`: the version each was asked for. */
async function turns(...all: Turn[]) {
  const asked: string[] = [];
  const play = (call: Call, before: number): void => {
    const turn = all[Math.min(before, all.length - 1)] ?? REFUSED;
    let requests = 0;
    let numbers = 0;
    let seen = false;
    const fail = (code: number): void => {
      const failure = { code, details: 'as told', metadata: new Metadata() };
      const { reason } = turn;
      if (reason !== undefined) {
        const info = { reason, domain: ERROR_DOMAIN, metadata: {} };
        failure.metadata.set(STATUS_DETAILS, encodeErrorInfo(code, failure.details, info));
      }
      call.emit('error', failure);
    };
    call.on('data', (request: Buffer) => {
      if (requests++ === 0) asked.push(/([ab])\1{63}/.exec(request.toString('latin1'))?.[0] ?? '');
      if (turn.from === undefined) return fail(status.FAILED_PRECONDITION);
      if (requests > (turn.batches ?? Number.POSITIVE_INFINITY)) return fail(status.UNAVAILABLE);
      const answer = verdicts(turn.verdict ?? 1);
      call.write(seen ? answer : concat(lists(turn.from), answer));
      seen = true;
      numbers++;
    });
    call.on('end', () => {
      const field = turn.verdict === 2 ? 'blocked' : 'callable';
      call.write(concat(lists(turn.from ?? ''), summary({ numbers, [field]: numbers })));
      call.end();
    });
  };
  return { client: connect(await lyingServer(play)), asked };
}

const ONE = { keys: [1] };

/** Streams three batches of one number, one after the other. */
async function run(all: Turn[], options: DedupeCallOptions = {}) {
  const { client, asked } = await turns(...all);
  const call = client.dedupe(options);
  const answer = async () => {
    const got: (number | undefined)[] = [];
    for (let i = 0; i < 3; i++) got.push((await call.send(ONE)).verdicts[0]);
    return { got, summary: await call.finish() };
  };
  const [end] = await Promise.allSettled([answer()]);
  return { asked, end, call };
}

const TOLD = { from: SHA_A, batches: 1 };

describe('a version that one server does not have', () => {
  it('is asked for again until one has it: one version in all', async () => {
    const { asked, end, call } = await run([TOLD, REFUSED, REFUSED, { from: SHA_A }]);
    expect(asked).toEqual(['', SHA_A, SHA_A, SHA_A]);
    expect(end).toMatchObject({
      status: 'fulfilled',
      value: { got: [1, 1, 1], summary: { numbers: 3, versions: [{ numbers: 3 }] } },
    });
    expect(call.reopens).toBe(3);
  });

  it('is gone after versionTriesMax: ERR_LIST_VERSION, and nothing from another one', async () => {
    const { asked, end } = await run([TOLD, REFUSED], { versionTriesMax: 2 });
    expect(asked).toEqual(['', SHA_A, SHA_A, SHA_A]);
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_LIST_VERSION' } });
  });

  it('is, with `record`, followed by another one, each with its numbers', async () => {
    const next = { from: SHA_B, verdict: 2 };
    const { asked, end } = await run([TOLD, REFUSED, REFUSED, next], {
      versionTriesMax: 1,
      onVersionGone: 'record',
    });
    expect(asked).toEqual(['', SHA_A, SHA_A, '']);
    expect(end).toMatchObject({
      status: 'fulfilled',
      value: {
        got: [1, 2, 2],
        summary: {
          numbers: 3,
          callable: 1,
          blocked: 2,
          versions: [
            { firstNumber: 0, numbers: 1, lists: [{ sha256: SHA_A }] },
            { firstNumber: 1, numbers: 2, lists: [{ sha256: SHA_B }] },
          ],
        },
      },
    });
  });

  it('asked for by name is never replaced, whatever is said', async () => {
    const { asked, end } = await run([{ from: SHA_A, batches: 1 }, REFUSED], {
      listSha256: SHA_A,
      versionTriesMax: 1,
      onVersionGone: 'record',
    });
    expect(asked).toEqual([SHA_A, SHA_A, SHA_A]);
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_LIST_VERSION' } });
  });

  it.each<ErrorCode>(['ERR_LIST_VERSION', 'ERR_LIST_NONE'])(
    'said with %s is asked for again',
    async (reason) => {
      const { asked, end } = await run([TOLD, { reason }, { from: SHA_A }]);
      expect(asked).toEqual(['', SHA_A, SHA_A]);
      expect(end).toMatchObject({ status: 'fulfilled' });
    },
  );

  it.each<ErrorCode>(['ERR_LIST_STALE', 'ERR_LIST_CHANGED'])(
    'is not what %s says: that ends the stream at once, as it is',
    async (reason) => {
      const { asked, end } = await run([TOLD, { reason }], { onVersionGone: 'record' });
      expect(asked).toEqual(['', SHA_A]);
      expect(end).toMatchObject({ status: 'rejected', reason: { code: reason } });
    },
  );

  it('is no reason to ask again for who has none yet: the list is stale', async () => {
    const { asked, end } = await run([REFUSED]);
    expect(asked).toEqual(['']);
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_LIST_STALE' } });
  });
});

describe('verdicts() of phone numbers that can be opened again', () => {
  const NEXT = { from: SHA_B, verdict: 2 };
  const open = () => ['1', '2', '3'];

  /** What is kept of the batches by who forgets them at a restart. */
  async function collect(all: Turn[], options: { restartsMax?: number; listSha256?: string } = {}) {
    const { client, asked } = await turns(...all);
    const restarts: TacetError[] = [];
    let kept: (number | undefined)[][] = [];
    const batches = client.verdicts(open, {
      batchNumbers: 1,
      batchesInFlightMax: 1,
      versionTriesMax: 0,
      ...options,
      onRestart: (reason) => {
        restarts.push(reason);
        kept = [];
      },
    });
    const read = async () => {
      for (;;) {
        const { done, value } = await batches.next();
        if (done) return value;
        kept.push([value.firstNumber, value.verdicts[0]]);
      }
    };
    const [end] = await Promise.allSettled([read()]);
    return { asked, end, kept, restarts };
  }

  it('start over: all of them from the newer version, none lost, none doubled', async () => {
    const { asked, end, kept, restarts } = await collect([
      { from: SHA_A, batches: 2 },
      REFUSED,
      NEXT,
    ]);
    expect(asked).toEqual(['', SHA_A, '']);
    expect(restarts).toMatchObject([{ code: 'ERR_LIST_VERSION' }]);
    expect(kept).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
    ]);
    expect(end).toMatchObject({
      status: 'fulfilled',
      value: { numbers: 3, blocked: 3, versions: [{ lists: [{ sha256: SHA_B }] }] },
    });
  });

  it('start over restartsMax times, not more', async () => {
    const { end, restarts } = await collect([TOLD, REFUSED, TOLD, REFUSED], { restartsMax: 1 });
    expect(restarts).toHaveLength(1);
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_LIST_VERSION' } });
  });

  it('do not start over where one version is wanted by its name', async () => {
    const { end, restarts } = await collect([TOLD, REFUSED], { listSha256: SHA_A });
    expect(restarts).toEqual([]);
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_LIST_VERSION' } });
  });

  it('of which there is one stream only end with ERR_LIST_VERSION', async () => {
    const { client } = await turns(TOLD, REFUSED);
    const read = async () => {
      for await (const _ of client.verdicts(open(), { batchNumbers: 1, versionTriesMax: 0 }));
    };
    await expect(read()).rejects.toMatchObject({ code: 'ERR_LIST_VERSION' });
  });
});
