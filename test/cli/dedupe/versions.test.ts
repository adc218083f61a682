import { type Server, type ServiceDefinition, status } from '@grpc/grpc-js';
import { afterAll, describe, expect, it } from 'vitest';
import { REASON_LISTED, REASON_NOT_LISTED } from '#tacet/verdict/reason.js';
import { reflectedPackage } from '#tacet/wire/service.js';
import {
  type Call,
  concat,
  lists,
  reasons,
  SHA_A,
  SHA_B,
  serveMethods,
  summary,
  verdicts,
} from '../../client/fixture.ts';
import { Folder, tacet } from '../commands.ts';

const folder = new Folder();
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.forceShutdown();
  folder.remove();
});

const service = reflectedPackage([])['tacet.v1.DedupeService'] as ServiceDefinition;
const decodeRequest = service['Dedupe']!.requestDeserialize;

/** One message holds this many numbers at most, so that the rows take three. */
const NUMBERS_MAX = 100;
const ROWS = 250;
const PHONES = Array.from({ length: ROWS }, (_, row) => `0475${String(row).padStart(6, '0')}\n`);
const contacts = folder.write('contacts.csv', `phone\n${PHONES.join('')}`);

/**
 * A server that changes its list while it is asked: a stream that names no version is answered from
 * A (all callable) and breaks behind its first answer, `switches` times; after that from B (all
 * blocked), to the end. A itself is refused. `streams` counts those that named no version.
 */
async function changing(switches: number): Promise<{ address: string; streams: () => number }> {
  let streams = 0;
  const dedupe = (call: Call): void => {
    let numbers = 0;
    let breaks = false;
    let ended = false;
    const end = (code: number, details: string): void => {
      ended = true;
      call.emit('error', { code, details });
    };
    const answer = (request: Buffer): void => {
      if (ended) return;
      const { numbers: asked } = decodeRequest(request) as { numbers: number[] };
      const count = asked.length;
      const first = numbers === 0;
      if (first && request.includes(SHA_A)) {
        end(status.FAILED_PRECONDITION, 'another version');
        return;
      }
      if (first && !request.includes(SHA_B)) breaks = streams++ < switches;
      const answers = concat(
        verdicts(...new Array<number>(count).fill(breaks ? 1 : 2)),
        reasons(...new Array<number>(count).fill(breaks ? REASON_NOT_LISTED : REASON_LISTED)),
      );
      call.write(first ? concat(lists(breaks ? SHA_A : SHA_B), answers) : answers);
      numbers += count;
      if (breaks) end(status.UNAVAILABLE, 'superseded');
    };
    call.on('data', answer);
    call.on('end', () => {
      if (ended) return;
      call.write(concat(lists(SHA_B), summary({ numbers, blocked: numbers })));
      call.end();
    });
  };
  const { server, address } = await serveMethods({
    GetLists: (_: unknown, callback: (error: null, response: object) => void) =>
      callback(null, {
        lists: [],
        limits: { numbersPerMessageMax: NUMBERS_MAX, messageBytesMax: 65_536 },
      }),
    Dedupe: dedupe,
  });
  servers.push(server);
  return { address, streams: () => streams };
}

/** Runs `tacet dedupe` against such a server, into files that begin with `name`. */
async function split(name: string, switches: number, flags: readonly string[], stdin = false) {
  const { address, streams } = await changing(switches);
  const outputs = ['callable', 'blocked'].flatMap((kind) => [
    `--${kind}`,
    folder.file(`${name}.${kind}`),
  ]);
  const to = [...outputs, '--summary', folder.file(`${name}.json`)];
  const args = ['dedupe', stdin ? '-' : contacts, '--server', address, ...to, ...flags];
  const ended = await tacet(args, stdin ? { input: folder.read('contacts.csv') } : {});
  const written = folder.names().filter((file) => file.includes(name));
  return { ended, streams: streams(), written };
}

const lines = (name: string): number => folder.text(name).split('\n').length - 1;
const HEADER = 1;

describe.concurrent('tacet dedupe of a server whose list changes on the way', () => {
  it('starts over: every row of the newer version, none of them twice', async () => {
    const { ended, streams } = await split('restart', 2, []);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stderr).toContain('starting over with the newer one, time 2 of at most 3');
    expect(streams).toBe(3);
    expect([lines('restart.callable'), lines('restart.blocked')]).toEqual([HEADER, HEADER + ROWS]);
    expect(JSON.parse(folder.text('restart.json'))).toMatchObject({
      numbers: ROWS,
      blocked: ROWS,
      sha256: SHA_B,
      versions: [{ first_number: 1, numbers: ROWS, list_sha256s: [SHA_B] }],
    });
  });

  it('goes on with --new-version record, and says which numbers are of which version', async () => {
    const { ended, streams } = await split('record', 1, ['--new-version', 'record']);
    expect(ended).toMatchObject({ code: 0 });
    expect(streams).toBe(2);
    expect(ended.stderr).toContain(`numbers 1 to ${NUMBERS_MAX} were answered from ${SHA_A}`);
    expect(ended.stderr).toContain(`numbers 101 to 250 were answered from ${SHA_B}`);
    expect([lines('record.callable'), lines('record.blocked')]).toEqual([
      HEADER + NUMBERS_MAX,
      HEADER + ROWS - NUMBERS_MAX,
    ]);
    expect(JSON.parse(folder.text('record.json'))).toMatchObject({
      callable: NUMBERS_MAX,
      blocked: ROWS - NUMBERS_MAX,
      lists: [{ sha256: SHA_A }, { sha256: SHA_B }],
      versions: [
        { first_number: 1, numbers: NUMBERS_MAX, list_sha256s: [SHA_A] },
        {
          first_number: NUMBERS_MAX + 1,
          numbers: ROWS - NUMBERS_MAX,
          list_sha256s: [SHA_B],
        },
      ],
    });
  });

  it.each([
    ['with --new-version fail', 'fail', ['--new-version', 'fail'], false, 1],
    ['once it has started over as often as it may', 'often', ['--restarts-max', '1'], false, 2],
    ['of standard input, which cannot be read again', 'stdin', [], true, 1],
    ['of an output that cannot be taken back', 'stdout', ['--undecided', '-'], false, 1],
  ] as const)('fails %s, and leaves nothing', async (_, name, flags, stdin, streams) => {
    const got = await split(name, 9, flags, stdin);
    expect(got.ended).toMatchObject({ code: 1 });
    expect(got.ended.stderr).toContain('Start over, so that all is answered from one version');
    expect([got.streams, got.written]).toEqual([streams, []]);
  });

  it('is wrong usage with a policy or a count that there is not', async () => {
    for (const flags of [
      ['--new-version', 'ignore'],
      ['--restarts-max', '-1'],
      ['--restarts-max', '101'],
    ]) {
      expect((await split('usage', 0, flags)).ended).toMatchObject({ code: 2 });
    }
  });
});
