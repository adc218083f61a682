/**
 * What TLS costs a server: its CPU per number over TLS against plain text, in alternating pairs,
 * for one stream of integers and one of messy text, and the CPU of a handshake.
 *
 *     npx tsc -p bench
 *     node build/bench/tls/tls.js [--numbers N] [--entries N] [--batch N] [--pairs N]
 *                                 [--handshakes N]
 *
 * Two servers of one list, one of them with a certificate of P-256, and a client that compares
 * every verdict with that of a Set. Exits with 1 if the interval of the first ratio lies above the
 * bar.
 */
import { once } from 'node:events';
import { connect } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { TacetClient } from '#tacet/client/index.js';
import { withFolder, writeBenchList } from '../data.js';
import { portOf } from '../faults/fault.js';
import { type Estimate, inPairs } from '../peers/statistics.js';
import { ServerProcess } from '../server-process.js';
import { type Load, loadsOf, stream } from '../stream.js';
import { Authority } from './certificates.js';

export interface TlsBenchOptions {
  readonly entries: number;
  /** Numbers streamed a run, and in a message. */
  readonly numbers: number;
  readonly batch: number;
  readonly pairs: number;
  readonly handshakes: number;
  readonly print: (line: string) => void;
}

export interface TlsBenchResult {
  readonly what: string;
  /** Server CPU per number, TLS against plain. */
  readonly ratio: Estimate;
}

/** At most so many times the CPU of plain text. */
const RATIO_MAX = 1.6;
/** Different ones, each sent once to warm up. */
const QUERIES = 1 << 20;

interface Contestant {
  readonly server: ServerProcess;
  readonly client: TacetClient;
}

export async function run(options: TlsBenchOptions): Promise<TlsBenchResult[]> {
  const { entries, batch, numbers, pairs, print } = options;
  return withFolder(async (folder) => {
    const list = `${folder}/bench.tacet`;
    const listed = await writeBenchList(list, { entries, seed: 1 });
    const authority = new Authority(folder);
    const { cert, key } = authority.sign('server');
    const opened: Contestant[] = [];
    const open = async (flags: readonly string[], ca?: Buffer): Promise<Contestant> => {
      const contestant = contestantOf(await ServerProcess.start(list, flags), ca);
      opened.push(contestant);
      return contestant;
    };
    try {
      const plain = await open([]);
      const tls = await open(['--tls-cert', cert, '--tls-key', key], authority.ca);
      const loads = loadsOf(listed, batch, Math.min(numbers, QUERIES)).filter(
        ({ what }) => !what.includes('dates'),
      );
      print(`list of ${entries}, messages of ${batch}, ${pairs} pairs of ${numbers} numbers`);
      print('| what | plain, CPU s / 100 M | TLS | ratio |');
      print('|---|---|---|---|');
      const results: TlsBenchResult[] = [];
      for (const load of loads) results.push(await compare({ plain, tls }, load, options));
      const us = await handshakeUs(tls.server, authority.ca, options.handshakes);
      print(`a handshake: ${us.toFixed(0)} us of server CPU`);
      return results;
    } finally {
      for (const { client, server } of opened) {
        client.close();
        await server.stop();
      }
    }
  });
}

function contestantOf(server: ServerProcess, ca?: Buffer): Contestant {
  const client = new TacetClient(server.address, { tls: ca && { ca, serverName: 'localhost' } });
  return { server, client };
}

async function compare(
  { plain, tls }: { readonly plain: Contestant; readonly tls: Contestant },
  load: Load,
  { numbers, pairs, print }: TlsBenchOptions,
): Promise<TlsBenchResult> {
  for (const { client } of [plain, tls]) await stream(client, load, Math.min(numbers, QUERIES));
  const cost = async ({ server, client }: Contestant): Promise<number> => {
    const before = server.cpuSeconds();
    const sent = await stream(client, load, numbers);
    return ((server.cpuSeconds() - before) / sent) * 1e8;
  };
  const { before, after, ratio } = await inPairs(
    pairs,
    () => cost(plain),
    () => cost(tls),
  );
  print(`| ${load.what} | ${cell(before)} | ${cell(after)} | ${cell(ratio)} |`);
  return { what: load.what, ratio };
}

function cell({ median, low, high }: Estimate): string {
  return `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;
}

/** CPU of the server for one connection that makes its handshake and leaves, us. */
async function handshakeUs(server: ServerProcess, ca: Buffer, count: number): Promise<number> {
  const port = portOf(server.address);
  const before = server.cpuSeconds();
  for (let made = 0; made < count; made++) {
    const given = { port, host: '127.0.0.1', servername: 'localhost', ALPNProtocols: ['h2'] };
    const socket = connect({ ...given, ca });
    await once(socket, 'secureConnect');
    socket.destroy();
  }
  return ((server.cpuSeconds() - before) / count) * 1e6;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      entries: { type: 'string', default: '1500000' },
      numbers: { type: 'string', default: '20000000' },
      batch: { type: 'string', default: '8192' },
      pairs: { type: 'string', default: '9' },
      handshakes: { type: 'string', default: '500' },
    },
  });
  const [result] = await run({
    entries: Number(values.entries),
    numbers: Number(values.numbers),
    batch: Number(values.batch),
    pairs: Number(values.pairs),
    handshakes: Number(values.handshakes),
    print: (line) => console.log(line),
  });
  process.exitCode = result !== undefined && result.ratio.low <= RATIO_MAX ? 0 : 1;
}
