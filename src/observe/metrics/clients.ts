import type { Registry } from 'prom-client';
import { VERDICT_NAMES } from '../../verdict/verdict.ts';
import type { EndStatus } from '../call-events.ts';
import { codeName } from './calls.ts';
import { counter } from './scraped.ts';

/** Why a client was refused, by the code of the error. */
const REFUSALS: Readonly<Record<string, string>> = {
  ERR_UNAUTHENTICATED: 'credentials',
  ERR_ACCESS: 'access',
  ERR_ADVERTISER: 'advertiser',
  ERR_LICENCE: 'licence',
  ERR_DATES_NOT_DISCLOSED: 'dates',
  ERR_STATE_UNAVAILABLE: 'state',
};

/** Why a call was refused, if its client was told to go away. */
export function refusalOf({ info }: EndStatus): string | undefined {
  return REFUSALS[info?.reason ?? ''];
}

/** What one client did. */
interface ClientCounts {
  /** Calls that ended, by status. */
  readonly calls: Map<number, number>;
  /** Numbers answered, by verdict. */
  readonly numbers: number[];
  readonly refusals: Map<string, number>;
}

/** What is counted of each client. */
interface ClientCounter {
  readonly name: string;
  readonly help: string;
  counts(of: ClientCounts): Iterable<readonly [value: string, count: number]>;
}

/** Whose calls have no valid credentials. */
const NOBODY = '';

/** Calls, numbers and refusals by client: as many as the access file names. */
export class ClientMetrics {
  readonly #clients = new Map<string, ClientCounts>();

  constructor(registry: Registry) {
    this.#register(registry, 'grpc_code', {
      name: 'tacet_client_calls_total',
      help: 'Calls completed, by client of the access file and status.',
      counts: ({ calls }) => [...calls].map(([code, count]) => [codeName(code), count]),
    });
    this.#register(registry, 'verdict', {
      name: 'tacet_client_numbers_total',
      help: 'Numbers answered, by client of the access file and verdict.',
      counts: ({ numbers }) => numbers.map((count, i) => [VERDICT_NAMES[i + 1] ?? '', count]),
    });
    this.#register(registry, 'reason', {
      name: 'tacet_client_refusals_total',
      help: 'Calls refused, by client of the access file and reason; "" without valid credentials.',
      counts: ({ refusals }) => refusals,
    });
  }

  /** A counter of each client, by one more label. */
  #register(registry: Registry, label: string, { name, help, counts }: ClientCounter): void {
    counter(registry, { name, help, labelNames: ['client', label] }, () =>
      [...this.#clients].flatMap(([client, of]) =>
        [...counts(of)].map(([value, count]) => [{ client, [label]: value }, count] as const),
      ),
    );
  }

  /** Forgets clients that are no longer in the file, so that their number stays bounded. */
  keepOnly(names: Pick<ReadonlySet<string>, 'has'>): void {
    for (const name of this.#clients.keys()) {
      if (name !== NOBODY && !names.has(name)) this.#clients.delete(name);
    }
  }

  /** A call has ended. */
  ended(client: string | undefined, ended: EndStatus): void {
    if (client !== undefined) {
      const { calls } = this.#countsOf(client);
      calls.set(ended.code, (calls.get(ended.code) ?? 0) + 1);
    }
    const reason = refusalOf(ended) ?? ended.info?.metadata['limit'];
    if (reason === undefined || (client === undefined && reason !== 'credentials')) return;
    const { refusals } = this.#countsOf(client ?? NOBODY);
    refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
  }

  /** Numbers were answered; `counts` is indexed by verdict. */
  answered(client: string, counts: readonly number[]): void {
    const { numbers } = this.#countsOf(client);
    for (let index = 0; index < numbers.length; index++) {
      numbers[index] = (numbers[index] ?? 0) + (counts[index + 1] ?? 0);
    }
  }

  /** One number was answered. */
  answeredOne(client: string, verdict: number): void {
    const { numbers } = this.#countsOf(client);
    numbers[verdict - 1] = (numbers[verdict - 1] ?? 0) + 1;
  }

  #countsOf(client: string): ClientCounts {
    let counts = this.#clients.get(client);
    if (counts === undefined) {
      const numbers = new Array<number>(VERDICT_NAMES.length - 1).fill(0);
      counts = { calls: new Map(), numbers, refusals: new Map() };
      this.#clients.set(client, counts);
    }
    return counts;
  }
}
