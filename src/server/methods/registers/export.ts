import type { TacetError } from '../../../errors.ts';
import type { Method } from '../../../rpc/call.ts';
import { type StreamCall, type StreamHandler, streamMethod } from '../../../rpc/stream-call.ts';
import type { ExportRequestMessage } from '../../../wire/gen/messages.ts';
import { decodeRequest, registerService } from '../../../wire/registers/service.ts';
import { invalid, type OpenStream, type ServiceContext } from '../../context.ts';
import { admitToRead, toldOf } from './leave.ts';

/** `Export`: what stands in a register, page by page, as the client takes it. */
export function exportMethod(context: ServiceContext): Method {
  return streamMethod(registerService.Export, (call) => new ExportCall(call, context));
}

class ExportCall implements StreamHandler, OpenStream {
  readonly #call: StreamCall;
  readonly #context: ServiceContext;
  #request: ExportRequestMessage | undefined;
  #isOver = false;

  constructor(call: StreamCall, context: ServiceContext) {
    this.#call = call;
    this.#context = context;
    context.streams.add(this);
  }

  received(message: Buffer): void {
    try {
      if (this.#request !== undefined) throw invalid('several messages', 'one');
      this.#request = decodeRequest(registerService.Export, message);
      this.#context.giveBack(message);
    } catch (error) {
      this.#call.fail(error);
    }
  }

  halfClosed(): void {
    this.#answer().catch((error: unknown) => this.#call.fail(toldOf(error)));
  }

  async #answer(): Promise<void> {
    if (this.#request === undefined) throw invalid('no message', 'one');
    const { desk } = this.#context.registers;
    const { advertiser } = this.#request;
    const mayRead = admitToRead(this.#context, this.#call.caller);
    // The same error for one that is unknown and for one of somebody else.
    if (advertiser !== '' && !mayRead(advertiser)) {
      this.#context.admission.admit(this.#call.caller, { permissions: ['registers'], advertiser });
    }
    for await (const entries of desk.export(this.#request, mayRead)) {
      if (this.#isOver) return;
      // It may have lost its leave meanwhile.
      admitToRead(this.#context, this.#call.caller);
      const page = registerService.Export.responseSerialize({ entries });
      if (!this.#call.send(page)) await this.#call.sent();
    }
    this.#call.end();
  }

  expire(error: TacetError): void {
    this.#call.fail(error);
  }

  /** Each page is. */
  reconsider(): void {}

  over(): void {
    this.#isOver = true;
    this.#context.streams.delete(this);
  }
}
