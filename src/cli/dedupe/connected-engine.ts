import type { ApproachOptions } from '../../client/approach.ts';
import { EncodedBatch } from '../../client/batch.ts';
import type { ConnectionOptions } from '../../client/channel/channel.ts';
import { TacetClient } from '../../client/client.ts';
import { TacetError } from '../../errors.ts';
import { MESSAGE_BYTES_MAX, NUMBERS_MAX } from '../../options/limits.ts';
import { type Approach, USUAL_APPROACH } from '../../verdict/approach.ts';
import { BATCHES_IN_FLIGHT_MAX, type Engine } from './engine.ts';

/** The pause doubles from 0.2 s, 25 s in all: by then a restarted server is back. */
const REOPENS_MAX = 7;

/** What every server takes. */
const USUAL_LIMITS = { numbersPerMessageMax: NUMBERS_MAX, messageBytesMax: MESSAGE_BYTES_MAX };

/** An engine that asks the server at an address. */
export function connect(address: string, region: string, connection: ConnectionOptions): Engine {
  const client = new TacetClient(address, connection);
  const fail = (error: unknown): never => {
    throw error instanceof TacetError ? unanswered(address, error) : error;
  };
  const limitsOf = async () => {
    try {
      return (await client.getLists()).limits;
    } catch (error) {
      // Whoever may ask numbers need not be told of the lists.
      const isNotTold = error instanceof TacetError && error.code === 'ERR_ACCESS';
      return isNotTold ? USUAL_LIMITS : fail(error);
    }
  };
  return {
    check: ({ approach, ...asked }) =>
      client.check({ ...asked, region, ...unusual(approach) }).catch(fail),
    async dedupe({ advertiser, jobId, recordsVersions, approach }) {
      const limits = await limitsOf();
      const call = client.dedupe({
        ...unusual(approach),
        region,
        advertiser,
        jobId,
        batchesInFlightMax: BATCHES_IN_FLIGHT_MAX,
        onVersionGone: recordsVersions ? 'record' : 'fail',
        reopensMax: REOPENS_MAX,
        reasons: true,
      });
      return {
        belgian: region === 'BE',
        approach,
        numbersMax: limits.numbersPerMessageMax,
        // The first batch is preceded by the options.
        bytesMax: limits.messageBytesMax - 1024,
        inFlightMax: BATCHES_IN_FLIGHT_MAX,
        answer: async ({ request, count }) =>
          (await call.send(new EncodedBatch(request, count))).reasons,
        finish: () => call.finish(),
        cancel: () => call.cancel(),
      };
    },
    close: async () => client.close(),
  };
}

/** What to ask for: what is usual goes without saying, and older servers do it, too. */
function unusual({ purpose, channel }: Approach): ApproachOptions {
  return {
    ...(purpose !== USUAL_APPROACH.purpose && { purpose }),
    ...(channel !== USUAL_APPROACH.channel && { channel }),
  };
}

/** Adds the address of the server to its error. */
function unanswered(address: string, error: TacetError): TacetError {
  const where = [address, error.detail.where].filter(Boolean).join(' ');
  return new TacetError(error.code, { ...error.detail, where, cause: error });
}
