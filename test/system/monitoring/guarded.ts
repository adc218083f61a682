import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import type { TacetServer } from '#tacet/server/server.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { encodeOptions } from '#tacet/wire/service.js';
import { Authority } from '../../../bench/tls/certificates.ts';
import {
  accessFile,
  ask,
  dayFromToday,
  dedupeWith,
  tokenOf,
  writeAccess,
} from '../../server/access/fixture.ts';
import { LISTED, LISTED_DAY, writeList } from '../../server/fixture.ts';
import { startHere } from './faults.ts';

const CHECK = { phoneNumber: '0475 12 34 56', optInDate: '', region: '', advertiser: 'alpha' };
const BATCH = Buffer.concat([
  encodeOptions({ advertiser: 'alpha' }),
  encodeKeys(new Array(100).fill(LISTED)),
]);
/** Who is answered, who has no licence, and whom nobody knows. */
const CALLERS = ['dialler', 'of-unlicensed', 'unknown'];
/** Between two rounds of calls. */
const PAUSE_MS = 50;

/** A server that knows its clients, over TLS, with budgets and a state. */
export class GuardedServer {
  readonly server: TacetServer;
  readonly #ca: Buffer;

  private constructor(server: TacetServer, ca: Buffer) {
    this.server = server;
    this.#ca = ca;
  }

  static async start(folder: string): Promise<GuardedServer> {
    const list = await writeList(join(folder, 'guarded.tacet'), new Map([[LISTED, LISTED_DAY]]));
    const file = accessFile();
    const budgets = { numbers_per_day_max: 100_000_000, checks_per_minute_max: 100_000 };
    Object.assign(file.clients.dialler, budgets);
    const month = { id: 'month-2', kind: 'advertiser', period: 'month', from: dayFromToday(-10) };
    Object.assign(file.parties.beta, { licences: [month] });
    const authority = new Authority(folder);
    const { cert, key } = authority.sign('guarded', { names: ['DNS:localhost'] });
    const flags = {
      access: [writeAccess(file, join(folder, 'access.json'))],
      state: [join(folder, 'state')],
      ...{ 'tls-cert': [cert], 'tls-key': [key] },
    };
    return new GuardedServer(await startHere(list, flags), authority.ca);
  }

  /** Every kind of caller calls, over and over, until the function returned is called. */
  startTraffic(): () => Promise<void> {
    const client = new Client(`localhost:${this.server.grpcPort}`, credentials.createSsl(this.#ca));
    let going = true;
    const loop = async (): Promise<void> => {
      while (going) {
        for (const caller of CALLERS) await ask(client, 'Check', CHECK, tokenOf(caller));
        await dedupeWith(client, [BATCH], tokenOf('dialler'));
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
      client.close();
    };
    const ended = loop();
    return async () => {
      going = false;
      await ended;
    };
  }
}
