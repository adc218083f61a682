/** Runs in the one thread of a state: everything that touches its database. */
import { strict as assert } from 'node:assert';
import { parentPort, workerData } from 'node:worker_threads';
import { errorToData } from '../errors.ts';
import { GroupCommit } from './group-commit.ts';
import type { ThreadQuestion, ThreadStart, ThreadWord } from './messages.ts';
import { openDatabase } from './open-database.ts';
import { migrate } from './schema.ts';

assert(parentPort !== null, 'a worker thread has a port to its parent');
const port = parentPort;
const tell = (word: ThreadWord): void => port.postMessage(word);

// Only State starts this file, and always with these data.
const { location, options } = workerData as ThreadStart;

async function start(): Promise<GroupCommit> {
  const database = await openDatabase(location, options);
  try {
    const where = location.kind === 'directory' ? location.path : location.url;
    await migrate(database, where);
  } catch (error) {
    await database.close();
    throw error;
  }
  return new GroupCommit(database, tell, options.groupMs);
}

try {
  const commits = await start();
  port.on('message', async (question: ThreadQuestion | 'close') => {
    if (question !== 'close') return commits.add(question);
    await commits.close();
    port.close();
  });
  tell({ kind: 'open' });
} catch (error) {
  tell({ kind: 'refused', error: errorToData(error) });
  port.close();
}
