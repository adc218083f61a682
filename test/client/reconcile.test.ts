import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import type { DedupeCallOptions } from '#tacet/client/index.js';
import { afterTest } from '../server/fixture.ts';
import {
  type Call,
  concat,
  connect,
  lists,
  lyingServer,
  reasons,
  SHA_A,
  SHA_B,
  serveMethods,
  summary,
  verdicts,
} from './fixture.ts';

const TWO = { keys: [1, 2] };

/** Streams two batches of two numbers; what becomes of it. */
async function run(dedupe: (call: Call, before: number) => void, options: DedupeCallOptions = {}) {
  const call = connect(await lyingServer(dedupe)).dedupe({ reopensMax: 0, ...options });
  const answers = [call.send(TWO), call.send(TWO)];
  const settled = Promise.allSettled(answers);
  const [end] = await Promise.allSettled([Promise.all(answers).then(() => call.finish())]);
  return { answers: await settled, end, call };
}

/** Answers the n-th request with the n-th of `responses`, then half-close with `last`. */
function answering(responses: Buffer[], last: Buffer | undefined) {
  return (call: Call): void => {
    let next = 0;
    call.on('data', () => {
      const response = responses[next++];
      if (response !== undefined) call.write(response);
    });
    call.on('end', () => {
      if (last !== undefined) call.write(last);
      call.end();
    });
  };
}

const first = concat(lists(SHA_A), verdicts(1, 2));
const honest = summary({ numbers: 4, callable: 2, blocked: 2 });

describe('a server that answers as it should', () => {
  it('is believed', async () => {
    const { end } = await run(answering([first, verdicts(1, 2)], honest));
    expect(end).toMatchObject({
      status: 'fulfilled',
      value: { numbers: 4, callable: 2, blocked: 2, versions: [{ firstNumber: 0 }] },
    });
  });
});

describe('a server that lies is ERR_RECONCILE', () => {
  const cases: [string, Buffer[], Buffer | undefined, RegExp][] = [
    ['with a verdict too few', [concat(lists(SHA_A), verdicts(1))], honest, /expected 2, got 1/],
    [
      'with a verdict too many',
      [concat(lists(SHA_A), verdicts(1, 1, 1))],
      honest,
      /expected 2, got 3/,
    ],
    ['with an empty answer', [lists(SHA_A)], honest, /expected 2, got 0/],
    ['with the answers of both batches in one', [concat(first, verdicts(1, 2))], honest, /got 4/],
    [
      'with dates nobody asked for',
      [concat(first, Buffer.of(0x1a, 4, 1, 0, 0, 0))],
      honest,
      /days/,
    ],
    [
      'with matched lists nobody asked for',
      [concat(first, Buffer.of(0x2a, 1, 1))],
      honest,
      /matched lists/,
    ],
    ['that names no list', [verdicts(1, 2)], honest, /lists of the first answer/],
    [
      'that changes its list under way',
      [first, concat(lists(SHA_B), verdicts(1, 2))],
      honest,
      /list versions of one stream/,
    ],
    [
      'with a summary of fewer numbers',
      [first, verdicts(1, 2)],
      summary({ numbers: 3, callable: 2, blocked: 2 }),
      /numbers/,
    ],
    [
      'with a summary of other verdicts',
      [first, verdicts(1, 2)],
      summary({ numbers: 4, callable: 3, blocked: 1 }),
      /callable/,
    ],
    ['that ends without a summary', [first, verdicts(1, 2)], undefined, /a summary at the end/],
  ];

  it.each(cases)('%s', async (_, responses, last, text) => {
    const { end } = await run(answering(responses, last));
    expect(end).toMatchObject({
      status: 'rejected',
      reason: { code: 'ERR_RECONCILE', message: expect.stringMatching(text) },
    });
  });

  it('with answers to nothing', async () => {
    const { end } = await run((call) => {
      answering([first, verdicts(1, 2)], undefined)(call);
      call.prependListener('end', () => call.write(verdicts(1, 2)));
    });
    expect(end).toMatchObject({
      status: 'rejected',
      reason: { code: 'ERR_RECONCILE', message: expect.stringContaining('an answer to nothing') },
    });
  });

  it('with its summary before the half-close', async () => {
    const { end } = await run((call) => {
      call.once('data', () => call.write(concat(lists(SHA_A), honest)));
    });
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_RECONCILE' } });
  });

  it('that ends with OK before it has answered', async () => {
    const { end } = await run((call) => {
      call.once('data', () => call.end());
    });
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_RECONCILE' } });
  });

  it('that answers from another version than asked for', async () => {
    const { end } = await run(answering([first, verdicts(1, 2)], honest), { listSha256: SHA_B });
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_RECONCILE' } });
  });

  it('that forgets the matched lists asked for', async () => {
    const { end } = await run(answering([first, verdicts(1, 2)], honest), { matchedLists: true });
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_RECONCILE' } });
  });

  it.each([
    [[SHA_A], ['list-1']],
    [[SHA_A], ['list-0', 'list-1']],
    [[SHA_A, SHA_B], ['list-0']],
  ])('that does not answer from the lists asked for: %j, %j', async (served, asked) => {
    const answers = [concat(lists(...served), verdicts(1, 2)), verdicts(1, 2)];
    const { end } = await run(answering(answers, honest), { lists: asked });
    const message = expect.stringContaining('from the lists that were asked for');
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_RECONCILE', message } });
  });

  it('that forgets the dates asked for', async () => {
    const { end } = await run(answering([first, verdicts(1, 2)], honest), {
      registrationDates: true,
    });
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_RECONCILE' } });
  });

  it('that forgets the reasons asked for, as an older one does', async () => {
    const { end } = await run(answering([first, verdicts(1, 2)], honest), { reasons: true });
    expect(end).toMatchObject({
      status: 'rejected',
      reason: { code: 'ERR_RECONCILE', message: expect.stringMatching(/reasons.*2, got 0/) },
    });
    const client = connect(await lyingServer((call) => call.end()));
    const batch = { keys: [1, 2, 3] };
    await expect(client.batchCheck(batch, { reasons: true })).rejects.toMatchObject({
      code: 'ERR_RECONCILE',
    });
    // The same answer is good where no reasons are asked for.
    expect((await client.batchCheck(batch)).reasons).toHaveLength(0);
  });

  it('with reasons nobody asked for', async () => {
    const { end } = await run(answering([concat(first, reasons(1, 10)), verdicts(1, 2)], honest));
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_RECONCILE' } });
  });

  it.each([
    ['of another verdict', 10, 'ERR_RECONCILE'],
    ['that nobody knows', 99, 'ERR_RECONCILE'],
    ['that is one of a service call', 3, 'ERR_RECONCILE'],
    ['that is right', 1, 'none'],
    ['left out, as by an older one', 0, 'none'],
  ])('in Check with a reason %s (%i): %s', async (_, reason, code) => {
    const usual = { purpose: 1, channel: 1, notices: [], registrationDate: '', lists: [] };
    const unlisted = { ...usual, matchedLists: 0 };
    const answer = { verdict: 1, reason, e164: '+32475123457', ...unlisted };
    const { server, address } = await serveMethods({
      Check: (_call: unknown, callback: (error: null, value: unknown) => void) =>
        callback(null, answer),
    });
    afterTest(() => server.forceShutdown());
    const checked = connect(address).check({ phoneNumber: '0475123457' });
    const result = checked.then(() => 'none').catch((error: { code: string }) => error.code);
    expect(await result).toBe(code);
  });

  it('in BatchCheck', async () => {
    const client = connect(await lyingServer((call) => call.end()));
    await expect(client.batchCheck({ keys: [1, 2] })).rejects.toMatchObject({
      code: 'ERR_RECONCILE',
    });
  });
});

describe('bytes that are no answer', () => {
  it.each([
    ['an unknown verdict', concat(lists(SHA_A), verdicts(1, 7))],
    ['a verdict of 0', concat(lists(SHA_A), verdicts(1, 0))],
    ['a reason of another verdict', concat(first, reasons(1, 1))],
    ['an unknown reason', concat(first, reasons(1, 99))],
    ['a reason too few', concat(first, reasons(1))],
    ['a field beyond its message', concat(lists(SHA_A), Buffer.of(0x12, 9, 1))],
  ])('such as %s are ERR_WIRE', async (_, response) => {
    const { end, answers } = await run(answering([response], honest));
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_WIRE' } });
    expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'rejected']);
  });
});

describe('a stream opened again', () => {
  /** Ends every stream but the last behind its first answer, each from a version of its own. */
  const moving = (shas: string[][]) => {
    const asked: string[] = [];
    const server = (call: Call, before: number): void => {
      const names = lists(...(shas[before] ?? []));
      let requests = 0;
      call.on('data', (request: Buffer) => {
        if (requests === 0) asked.push(/[ab]{64}/.exec(request.toString('latin1'))?.[0] ?? '');
        requests++;
        if (requests === 1) call.write(concat(names, verdicts(1, 2)));
        else if (before < shas.length - 1) {
          call.emit('error', { code: status.UNAVAILABLE, details: 'gone' });
        } else call.write(verdicts(1, 2));
      });
      call.on('end', () => {
        call.write(summary({ numbers: 2, callable: 1, blocked: 1 }));
        call.end();
      });
    };
    return { server, asked };
  };

  it('asks for the version it began with', async () => {
    const { server, asked } = moving([[SHA_A], [SHA_A]]);
    const { end } = await run(server, { reopensMax: 3 });
    expect(asked).toEqual(['', SHA_A]);
    expect(end).toMatchObject({
      status: 'fulfilled',
      value: { numbers: 4, versions: [{ firstNumber: 0, lists: [{ sha256: SHA_A }] }] },
    });
  });

  it('is ERR_RECONCILE if it is answered from another one all the same', async () => {
    const { server } = moving([[SHA_A], [SHA_B]]);
    const { end } = await run(server, { reopensMax: 3 });
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_RECONCILE' } });
  });

  it('is ERR_LIST_VERSION if a second list has changed and that is not accepted', async () => {
    const { server } = moving([
      [SHA_A, SHA_A],
      [SHA_A, SHA_B],
    ]);
    const refused = await run(server, { reopensMax: 3 });
    expect(refused.end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_LIST_VERSION' } });
    const again = moving([
      [SHA_A, SHA_A],
      [SHA_A, SHA_B],
    ]);
    const accepted = await run(again.server, { reopensMax: 3, onVersionGone: 'record' });
    expect(accepted.end).toMatchObject({
      status: 'fulfilled',
      value: { versions: [{ firstNumber: 0 }, { firstNumber: 2 }] },
    });
  });
});
