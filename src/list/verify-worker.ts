/** The thread of `verifyInWorker`: verifies what its workerData names, answers once, ends. */
import { strict as assert } from 'node:assert';
import { parentPort, workerData } from 'node:worker_threads';
import { errorToData } from '../errors.ts';
import { type VerifyAnswer, verifyListFile } from './verify.ts';

assert(parentPort !== null, 'runs as a worker thread');
let answer: VerifyAnswer;
try {
  answer = { header: await verifyListFile(workerData) };
} catch (error) {
  answer = { error: errorToData(error) };
}
parentPort.postMessage(answer);
