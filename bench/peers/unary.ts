import { TacetClient } from '#tacet/client/client.js';
import { dedupeService } from '#tacet/wire/service.js';
import type { Contest, Contestant } from './contest.ts';
import { type ListData, makeQueries } from './list-data.ts';
import { checkExchanges, numberExchanges, writeExchanges } from './messages.ts';
import { load, Server, script } from './processes.ts';
import { latencyOf } from './samples.ts';

export interface UnaryOptions {
  readonly folder: string;
  /** Calls a run, and one-number messages a run. */
  readonly calls: number;
  readonly latencySeconds: number;
  /** Calls, and messages, a second at which latency is measured. */
  readonly callRate: number;
  readonly messageRate: number;
}

/** Different numbers that are asked for. */
const PREPARED = 20_000;
const METHOD = '/tacet.v1.DedupeService/Check';

/** `Check` against a bare grpc-js service, and one-number messages on an open stream. */
export async function withUnary<Result>(
  list: ListData,
  options: UnaryOptions,
  hold: (contest: Contest) => Promise<Result>,
): Promise<Result> {
  const { folder } = options;
  const queries = await makeQueries(folder, list, PREPARED);
  const checks = `${folder}/check.bin`;
  const echoes = `${folder}/echo.bin`;
  const singles = `${folder}/single.bin`;
  const exchanges = [...checkExchanges(queries, PREPARED)];
  await writeExchanges(checks, exchanges);
  const nothing = new Uint8Array();
  await writeExchanges(
    echoes,
    exchanges.map((exchange) => ({ ...exchange, answer: nothing })),
  );
  await writeExchanges(singles, numberExchanges(queries, { batch: 1, dates: false }));
  const tacet = await Server.tacet(list.list);
  // What one kind of load leaves behind in an engine is not the other's.
  const streamed = await Server.tacet(list.list);
  const servers = [tacet, streamed];
  try {
    const bytes = await answerBytes(tacet.address);
    const echo = await Server.start([...script('echo-server.js'), String(bytes)], /^gRPC +(\S+)/);
    servers.push(echo);
    const { calls, callRate, messageRate } = options;
    const call = { method: METHOD, 'in-flight': 100 };
    const contestants = [
      caller('Tacet, Check', tacet, { ...call, messages: checks }, { calls, rate: callRate }),
      caller('grpc-js echo', echo, { ...call, messages: echoes }, { calls, rate: callRate }),
      caller(
        'Tacet, one-number messages',
        streamed,
        { 'in-flight': 100, messages: singles },
        { calls: calls * 4, rate: messageRate },
      ),
    ].map((make) => make(options.latencySeconds));
    return await hold({ title: 'small requests', contestants, ratios });
  } finally {
    for (const server of servers) await server.stop();
  }
}

const ratios = [
  {
    what: 'calls/s at 100 in flight, Check / grpc-js echo',
    metric: 'millionsPerSecond',
    of: 'Tacet, Check',
    by: 'grpc-js echo',
    atLeast: 1.3,
  },
  {
    what: 'one-number messages on a stream: million a second',
    metric: 'millionsPerSecond',
    of: 'Tacet, one-number messages',
    atLeast: 0.07,
  },
  {
    what: 'one-number messages: p99 in us at the open-loop rate',
    metric: 'p99Us',
    of: 'Tacet, one-number messages',
    atMost: 3000,
  },
] as const;

/** The size of an answer of `Check`, lists and all. */
async function answerBytes(address: string): Promise<number> {
  const client = new TacetClient(address);
  try {
    const { lists } = await client.getLists();
    const number = { e164: '+32475123456', registrationDate: '' };
    const asked = { purpose: 1, channel: 1, notices: [], matchedLists: 0 };
    const answer = { verdict: 1, reason: 1, ...number, ...asked, lists: [...lists] };
    return dedupeService.Check.responseSerialize(answer).length;
  } finally {
    client.close();
  }
}

function caller(
  name: string,
  server: Server,
  flags: Readonly<Record<string, string | number>>,
  { calls, rate }: { calls: number; rate: number },
): (latencySeconds: number) => Contestant {
  return (latencySeconds) => ({
    name,
    async run() {
      const address = { address: server.address };
      const before = server.cpuSeconds();
      const closed = await load('load', { ...address, ...flags, count: calls });
      const serverSeconds = server.cpuSeconds() - before;
      const count = Math.ceil(rate * latencySeconds);
      const open = await load('load', { ...address, ...flags, count, rate });
      return {
        millionsPerSecond: calls / closed.seconds / 1e6,
        seconds: closed.seconds,
        serverCpu: (serverSeconds / calls) * 1e8,
        clientCpu: (closed.cpuSeconds / calls) * 1e8,
        memoryMib: server.pssMib(),
        ...latencyOf(open),
      };
    },
  });
}
