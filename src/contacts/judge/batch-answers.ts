import { orAbort } from '../abort.ts';
import type { Answerer } from '../options.ts';
import { checkAnswer } from './answer-checks.ts';
import type { ContactBatch } from './batch.ts';

/** Asks for batches, no more at once than the answerer allows. */
export class BatchAnswers {
  readonly #answerer: Answerer;
  readonly #stop: AbortSignal;
  /** Batches waiting for their answers, oldest first. */
  readonly #unanswered: Promise<void>[] = [];
  /** Numbers asked so far. */
  #asked = 0;

  /** @param stop aborts waiting */
  constructor(answerer: Answerer, stop: AbortSignal) {
    this.#answerer = answerer;
    this.#stop = stop;
  }

  /**
   * Asks for the next batches. Resolves once all have been sent, with a promise of the reasons for
   * all their numbers. Errors: those of the answerer, ERR_RECONCILE if an answer does not match its
   * batch, ERR_CANCELLED.
   */
  async ask(batches: readonly ContactBatch[]): Promise<{ reasons: Promise<Uint8Array> }> {
    const reasons = new Uint8Array(batches.reduce((sum, { count }) => sum + count, 0));
    const answers: Promise<void>[] = [];
    let at = 0;
    for (const batch of batches) {
      await this.#makeRoom();
      const place = { firstNumber: this.#asked + 1, reasons: reasons.subarray(at) };
      this.#asked += batch.count;
      const answer = this.#answer(batch, place);
      // This is awaited later, or never if something failed earlier.
      answer.catch(() => undefined);
      this.#unanswered.push(answer);
      answers.push(answer);
      at += batch.count;
    }
    return { reasons: Promise.all(answers).then(() => reasons) };
  }

  async #makeRoom(): Promise<void> {
    while (this.#unanswered.length >= this.#answerer.inFlightMax) {
      await orAbort(Promise.resolve(this.#unanswered.shift()), this.#stop);
    }
  }

  async #answer(
    batch: ContactBatch,
    place: { readonly firstNumber: number; readonly reasons: Uint8Array },
  ): Promise<void> {
    const answer = await this.#answerer.answer(batch);
    checkAnswer({ firstNumber: place.firstNumber, count: batch.count }, answer);
    place.reasons.set(answer);
  }
}
