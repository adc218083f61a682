/** Runs in the thread that follows the registers of a state. */
import { strict as assert } from 'node:assert';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { errorToData } from '../../errors.ts';
import { FIRM } from '../../registers/standing.ts';
import type { Database } from '../database.ts';
import { openDatabase } from '../open-database.ts';
import type { ViewsQuestion, ViewsStart, ViewsWord } from './messages.ts';
import { RegisterFollower } from './register-follower.ts';

assert(parentPort !== null, 'a worker thread has a port to its parent');
const port = parentPort;
const tell = (word: ViewsWord): void => port.postMessage(word);
// Only RegisterViews starts this file, and always with these data.
const { location, options, pollMs } = workerData as ViewsStart;

let follower: RegisterFollower | undefined;
let database: Database | undefined;
/** Advertisers to begin with. */
const wanted = new Set([FIRM]);
/** Advertisers to leave, between two looks. */
const unwanted = new Set<string>();
let isLooking = false;
let mustLook = false;
let isClosing = false;
let timer: NodeJS.Timeout | undefined;

/** One look at a time; those asked for meanwhile are one more. Loading goes on between looks. */
async function look(): Promise<void> {
  mustLook = true;
  if (isLooking) return;
  isLooking = true;
  clearTimeout(timer);
  while (mustLook && !isClosing) {
    mustLook = false;
    // SQLite never lets anything else have its turn.
    await nextTurn();
    try {
      await lookOnce();
    } catch (error) {
      tell({ kind: 'failed', error: errorToData(error) });
    }
  }
  isLooking = false;
  if (isClosing) await end();
  else timer = setTimeout(look, pollMs);
}

async function lookOnce(): Promise<void> {
  database ??= await openDatabase(location, options);
  follower ??= new RegisterFollower(database);
  for (const advertiser of unwanted) follower.leave(advertiser);
  unwanted.clear();
  for (const advertiser of wanted) {
    await follower.follow(advertiser);
    wanted.delete(advertiser);
  }
  if (follower.isLoading) await follower.load();
  const read = await follower.read();
  if (read !== undefined) tell({ kind: 'read', read });
  if (follower.isLoading) mustLook = true;
}

async function end(): Promise<void> {
  clearTimeout(timer);
  await database?.close();
  port.close();
}

port.on('message', (question: ViewsQuestion) => {
  if (question.kind === 'close') {
    isClosing = true;
    if (!isLooking) void end();
    return;
  }
  if (question.kind === 'follow') wanted.add(question.advertiser);
  if (question.kind === 'leave') unwanted.add(question.advertiser);
  void look();
});
void look();
