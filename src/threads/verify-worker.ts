/** The thread of `verifyInWorker`: verifies what its workerData names, answers once, ends. */
import { strict as assert } from 'node:assert';
import { parentPort, workerData } from 'node:worker_threads';
import { errorToData } from '../errors.ts';
import { verifyListFile } from '../list/verify.ts';
import type { VerifyAnswer } from './verifier.ts';

assert(parentPort !== null, 'runs as a worker thread');
let answer: VerifyAnswer;
try {
  answer = { header: await verifyListFile(workerData) };
} catch (error) {
  answer = { error: errorToData(error) };
}
parentPort.postMessage(answer);
