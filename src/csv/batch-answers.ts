import { VERDICT_OF_REASON } from '../verdict/reason.ts';
import { orAbort } from './abort.ts';
import type { ContactBatch } from './batch.ts';
import type { Answerer } from './options.ts';
import { checkAnswer } from './partition.ts';

/** Asks for batches, not more at once than the answerer takes. */
export class BatchAnswers {
  readonly #answerer: Answerer;
  readonly #stop: AbortSignal;
  /** Batches that wait for their answers, the oldest first. */
  readonly #unanswered: Promise<void>[] = [];

  /** @param stop ends the waiting */
  constructor(answerer: Answerer, stop: AbortSignal) {
    this.#answerer = answerer;
    this.#stop = stop;
  }

  /**
   * Asks for consecutive batches; `firstRow`: the number of their first row, from 1. Resolves when
   * all are asked for, with a promise of all verdicts. Errors: those of the answerer,
   * ERR_RECONCILE for an answer that does not fit, ERR_CANCELLED.
   */
  async ask(
    batches: readonly ContactBatch[],
    firstRow: number,
  ): Promise<{ verdicts: Promise<Uint8Array> }> {
    const verdicts = new Uint8Array(batches.reduce((rows, { count }) => rows + count, 0));
    const answers: Promise<void>[] = [];
    let row = 0;
    for (const batch of batches) {
      await this.#makeRoom();
      const place = { firstRow: firstRow + row, verdicts: verdicts.subarray(row) };
      const answer = this.#answer(batch, place);
      // Met when its turn comes, or never, after an earlier failure.
      answer.catch(() => undefined);
      this.#unanswered.push(answer);
      answers.push(answer);
      row += batch.count;
    }
    return { verdicts: Promise.all(answers).then(() => verdicts) };
  }

  async #makeRoom(): Promise<void> {
    while (this.#unanswered.length >= this.#answerer.inFlightMax) {
      await orAbort(Promise.resolve(this.#unanswered.shift()), this.#stop);
    }
  }

  async #answer(
    batch: ContactBatch,
    place: { readonly firstRow: number; readonly verdicts: Uint8Array },
  ): Promise<void> {
    const reasons = await this.#answerer.answer(batch);
    const answer = reasons.map((reason) => VERDICT_OF_REASON[reason] ?? 0);
    checkAnswer({ firstRow: place.firstRow, count: batch.count }, answer);
    place.verdicts.set(answer);
  }
}
