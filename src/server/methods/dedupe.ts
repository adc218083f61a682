import { brusselsDay } from '../../calendar/brussels.ts';
import type { TacetError } from '../../errors.ts';
import { type RegisterView, saying } from '../../registers/view.ts';
import type { Method } from '../../rpc/call.ts';
import { type StreamCall, type StreamHandler, streamMethod } from '../../rpc/stream-call.ts';
import type { AskedLists } from '../../serving/asked-lists.ts';
import type { ListUser } from '../../serving/serving.ts';
import type { BatchContext } from '../../threads/messages.ts';
import type { BatchAnswer } from '../../threads/pool.ts';
import { assertFresh } from '../../verdict/freshness.ts';
import { VERDICT_NAMES } from '../../verdict/verdict.ts';
import { encodeApproach } from '../../wire/approach.ts';
import type { DedupeOptionsMessage } from '../../wire/gen/messages.ts';
import { FIELD_MATCHED, FIELD_REASONS } from '../../wire/response.ts';
import { dedupeService, encodeResponseParts } from '../../wire/service.ts';
import { summaryCounts } from '../../wire/summary.ts';
import type { Admitted, Asked } from '../admission.ts';
import { costOf } from '../charge.ts';
import {
  approachOf,
  BELGIUM,
  listsOf,
  optionsOf,
  permissionsOf,
  regionOf,
  type ServiceContext,
} from '../context.ts';

/** `Dedupe`: answers a stream of batches, through the pool. */
export function dedupeMethod(context: ServiceContext): Method {
  return streamMethod(dedupeService.Dedupe, (call) => new DedupeStream(call, context));
}

/** What the first message of a stream settles. */
interface Begun {
  readonly lists: AskedLists;
  readonly options: DedupeOptionsMessage;
  readonly asked: Asked;
  /** As it was last considered. */
  permit: Admitted;
  /** What the last batch was answered by; undefined = there are no registers. */
  view: RegisterView | undefined;
  readonly batchContext: BatchContext;
  readonly startedMs: number;
}

/**
 * One `Dedupe` call. Requests go to the pool as they arrive; answers leave in the same order.
 *
 *   client --data--> [ unanswered: a bounded number and size ] --tail--> client
 *            pause()                                            wait for drain
 *
 * The request side is paused while the stream has its maximum of unanswered batches, or of their
 * bytes. A batch counts as answered once the client has taken its answer. So the server stops
 * reading from a client that never reads, and neither side grows.
 */
class DedupeStream implements StreamHandler, ListUser {
  readonly #call: StreamCall;
  readonly #context: ServiceContext;
  readonly #counts: number[] = VERDICT_NAMES.map(() => 0);
  #begun: Begun | undefined;
  /** Resolves when everything handed over so far has been answered. */
  #tail: Promise<void> = Promise.resolve();
  #unanswered = 0;
  #unansweredBytes = 0;
  #listsSent = false;
  /** No more requests are taken: half-closed, failed, expired or gone. */
  #closing = false;
  /** Nothing more is sent. */
  #done = false;

  constructor(call: StreamCall, context: ServiceContext) {
    this.#call = call;
    this.#context = context;
    context.streams.add(this);
  }

  received(request: Buffer): void {
    if (this.#closing) return;
    try {
      const first = this.#begun === undefined;
      const begun = this.#begun ?? this.#begin(request);
      if (!(Date.now() < begun.permit.untilMs)) this.#considerCaller();
      assertFresh(begun.lists.lists, Date.now());
      // The first message may be options alone, which cost nothing.
      const amounts = { numbers: Number(!first), checks: 0 };
      this.#context.charging.check(begun.permit.caller, amounts);
      const view = this.#context.registers.viewOf(begun.options.advertiser);
      const answer =
        view instanceof Promise
          ? view.then((read) => this.#answer(request, { begun, view: read, first }))
          : this.#answer(request, { begun, view, first });
      // The tail handles a failure in its turn; until then it must not count as unhandled.
      answer.catch(() => undefined);
      this.#unanswered++;
      this.#unansweredBytes += request.length;
      if (this.#isFull()) this.#call.pause();
      this.#then(async () => {
        const settled = await answer;
        const { length } = request;
        // Nothing reads the request after it has been answered.
        this.#context.giveBack(request);
        await this.#deliver(begun, settled, length);
      });
    } catch (error) {
      // Earlier batches must still get their answers.
      this.#close(error);
    }
  }

  /** Has a batch answered by the registers of now. */
  #answer(
    request: Buffer,
    { begun, view, first }: { begun: Begun; view: RegisterView | undefined; first: boolean },
  ): Promise<BatchAnswer> {
    begun.view = view;
    const { lists, permit, batchContext } = begun;
    const registers = saying(view);
    const registered = registers === undefined ? batchContext : { ...batchContext, registers };
    return this.#context.pool.answer(request, lists.set, registered, {
      optionsAllowed: first,
      signal: this.#call.signal,
      witness: this.#context.witnessOf(permit.caller, batchContext.approach),
    });
  }

  /** Settles options, list version and day. Only the first message may carry options. */
  #begin(request: Buffer): Begun {
    const { caller } = this.#call;
    const options = optionsOf(request, this.#context, caller);
    const approach = approachOf(options);
    const asked: Asked = {
      ...{ advertiser: options.advertiser, ...approach },
      permissions: permissionsOf('dedupe', options),
    };
    const permit = this.#context.admission.admit(caller, asked);
    const startedMs = Date.now();
    const lists = this.#context.lists.acquire(this, listsOf(options));
    const begun: Begun = {
      lists,
      options,
      asked,
      permit,
      view: undefined,
      batchContext: {
        belgian: regionOf(options.region, this.#context) === BELGIUM,
        registrationDays: options.registrationDates,
        reasonsField: options.reasons ? FIELD_REASONS : 0,
        matchedField: options.matchedLists ? FIELD_MATCHED : 0,
        ...{ lists: lists.mask, objections: lists.objections },
        approach,
        registers: undefined,
        todayDay: brusselsDay(startedMs),
        numbersMax: this.#context.pool.numbersMax,
      },
      startedMs,
    };
    this.#begun = begun;
    return begun;
  }

  /** Runs a step after all earlier ones; if it fails, the stream ends. */
  #then(step: () => Promise<void>): void {
    this.#tail = this.#tail.then(step).catch((error: unknown) => this.#fail(error));
  }

  /** Whether the stream has its maximum of unanswered requests, or of their bytes. */
  #isFull(): boolean {
    const { batchesPerStreamMax, bytesPerStreamMax } = this.#context.options;
    return this.#unanswered >= batchesPerStreamMax || this.#unansweredBytes >= bytesPerStreamMax;
  }

  async #deliver(begun: Begun, answer: BatchAnswer, requestBytes: number): Promise<void> {
    if (this.#done) return;
    const { counts } = answer;
    const { approach } = begun.batchContext;
    const cost = costOf(counts, { checks: 0, approach });
    const charging = this.#context.charging.charge(begun.permit.caller, cost, this.#call);
    if (charging !== undefined) await charging;
    if (this.#done) return;
    assertFresh(begun.lists.lists, Date.now());
    this.#context.registers.assertFresh();
    for (let verdict = 0; verdict < this.#counts.length; verdict++) {
      this.#counts[verdict] = (this.#counts[verdict] ?? 0) + (counts[verdict] ?? 0);
    }
    this.#context.countVerdicts(counts, this.#call.metadata);
    await this.#send(this.#withLists(begun, answer.body));
    this.#unanswered--;
    this.#unansweredBytes -= requestBytes;
    if (!this.#closing && !this.#isFull()) this.#call.resume();
  }

  /** The first response names the lists: puts that before the bytes of the answer. */
  #withLists(begun: Begun, body: Buffer): Buffer {
    if (this.#listsSent) return body;
    this.#listsSent = true;
    return Buffer.concat([encodeResponseParts(this.#answeredFrom(begun)), body]);
  }

  /** Sends one response. Waits if the client reads none, until the transport resets the call. */
  async #send(response: Buffer): Promise<void> {
    if (!this.#call.send(response)) await this.#call.sent();
  }

  halfClosed(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#then(async () => {
      if (this.#done) return;
      const begun = this.#begun ?? this.#begin(Buffer.alloc(0));
      if (!(Date.now() < begun.permit.untilMs)) this.#considerCaller();
      begun.view = await this.#context.registers.viewOf(begun.options.advertiser);
      if (this.#done) return;
      // Answers are only usable with a summary, so a list that has gone stale must not give one.
      assertFresh(begun.lists.lists, Date.now());
      const { options, startedMs } = begun;
      const response = encodeResponseParts({
        ...this.#answeredFrom(begun),
        summary: {
          ...summaryCounts(this.#counts),
          jobId: options.jobId,
          advertiser: options.advertiser,
          startedUnixMs: startedMs,
          finishedUnixMs: Date.now(),
        },
      });
      await this.#send(response);
      this.#done = true;
      this.#call.end();
    });
  }

  /** What the first response of a stream says, and its summary again. */
  #answeredFrom({ lists, permit, view, options, batchContext: { approach } }: Begun) {
    const { registers } = this.#context;
    return {
      lists: [...lists.versions, ...registers.versionsOf(view)],
      notices: [
        ...[...permit.notices, ...lists.notices],
        ...registers.noticesOf(options.advertiser, view),
      ],
      ...encodeApproach(approach),
    };
  }

  /** Throws if the caller is no longer known, or may no longer do what the stream does. */
  #considerCaller(): void {
    const { caller } = this.#call;
    const begun = this.#begun;
    if (begun === undefined) this.#context.again(caller);
    else begun.permit = this.#context.admission.reconsider(caller, begun.asked);
  }

  reconsider(): void {
    if (this.#closing) return;
    try {
      this.#considerCaller();
    } catch (error) {
      this.#close(error);
    }
  }

  /** Ends the stream after its pending answers, because its list or the server is going away. */
  expire(error: TacetError): void {
    this.#close(error);
  }

  #close(error: unknown): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#call.pause();
    this.#then(() => Promise.reject(error));
  }

  #fail(error: unknown): void {
    if (this.#done) return;
    this.#done = true;
    this.#closing = true;
    this.#call.pause();
    this.#call.fail(error);
  }

  /** Frees what the call holds. */
  over(): void {
    this.#context.streams.delete(this);
    this.#done = true;
    this.#closing = true;
    const begun = this.#begun;
    // Batches still in the pool read the list, so it is released after them.
    void this.#tail.then(() => {
      if (begun !== undefined) this.#context.lists.release(this, begun.lists);
    });
  }
}
