import type { TacetError } from '../../../errors.ts';
import type { Method } from '../../../rpc/call.ts';
import { type StreamCall, type StreamHandler, streamMethod } from '../../../rpc/stream-call.ts';
import type { ImportResponseMessage, RefusedInImportMessage } from '../../../wire/gen/messages.ts';
import { decodeRequest, registerService } from '../../../wire/registers/service.ts';
import type { OpenStream, ServiceContext } from '../../context.ts';
import { edit } from './edit.ts';
import { admitToRead, toldOf } from './leave.ts';

/** Refused numbers that an answer names. */
const REFUSED_MAX = 1_000;

/** `Import`: edits one after another, each of which is durable before the next is read. */
export function importMethod(context: ServiceContext): Method {
  return streamMethod(registerService.Import, (call) => new ImportCall(call, context));
}

class ImportCall implements StreamHandler, OpenStream {
  readonly #call: StreamCall;
  readonly #context: ServiceContext;
  readonly #counts = { changed: 0, unchanged: 0, refused: 0 };
  readonly #refused: RefusedInImportMessage[] = [];
  #requests = 0;
  #revision = 0;
  #tail: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(call: StreamCall, context: ServiceContext) {
    this.#call = call;
    this.#context = context;
    context.streams.add(this);
  }

  received(message: Buffer): void {
    this.#call.pause();
    this.#then(async () => {
      await this.#edit(message);
      this.#call.resume();
    });
  }

  /** Runs a step after all earlier ones; if one fails, the call ends, and none runs after it. */
  #then(step: () => Promise<void>): void {
    this.#tail = this.#tail.then(() => (this.#isOver ? undefined : step()));
    this.#tail.catch((error: unknown) => this.#call.fail(toldOf(error)));
  }

  async #edit(message: Buffer): Promise<void> {
    const request = decodeRequest(registerService.Import, message);
    this.#context.giveBack(message);
    const done = await edit(this.#context, request, this.#call.caller);
    this.#revision = done.revision;
    for (const name of ['changed', 'unchanged', 'refused'] as const) {
      this.#counts[name] += done.counts?.[name] ?? 0;
    }
    for (const refused of done.refused.slice(0, REFUSED_MAX - this.#refused.length)) {
      this.#refused.push({ request: this.#requests, ...refused });
    }
    this.#requests++;
  }

  halfClosed(): void {
    this.#then(() => this.#answer());
  }

  async #answer(): Promise<void> {
    const { registers } = this.#context;
    if (this.#requests === 0) {
      admitToRead(this.#context, this.#call.caller);
      this.#revision = await registers.desk.revision();
    }
    await registers.look();
    const response: ImportResponseMessage = {
      ...{ revision: this.#revision, counts: this.#counts, refused: this.#refused },
    };
    this.#call.send(registerService.Import.responseSerialize(response));
    this.#call.end();
  }

  expire(error: TacetError): void {
    this.#call.fail(error);
  }

  /** Each edit is admitted by itself. */
  reconsider(): void {}

  over(): void {
    this.#isOver = true;
    this.#context.streams.delete(this);
  }
}
