import { TacetError } from '../errors.ts';
import { status } from '../wire/grpc-status.ts';
import { Call, type CallParts, type Incoming, type Method, NO_MESSAGE } from './call.ts';
import { framed } from './frames.ts';
import { OK, told } from './status.ts';

/** How a method's messages are encoded, as in `service.ts`. */
interface Definition<Request, Response> {
  readonly path: string;
  requestDeserialize(bytes: Buffer): Request;
  responseSerialize(response: Response): Uint8Array;
}

interface Answered<Request, Response> extends Definition<Request, Response> {
  /** Answers a request. If it throws or rejects, the call ends with that error. */
  answer(request: Request, call: UnaryCall<Request, Response>): Response | Promise<Response>;
}

/** A method that answers one message with one. */
export function unaryMethod<Request, Response>(
  definition: Definition<Request, Response>,
  answer: Answered<Request, Response>['answer'],
): Method {
  const method = { ...definition, answer };
  return {
    path: method.path,
    open(incoming, parts) {
      new UnaryCall(incoming, method, parts).start();
    },
  };
}

const SEVERAL_MESSAGES = told(
  status.UNIMPLEMENTED,
  'ERR_REQUEST',
  'the method takes one message a call',
);
const UNREADABLE = told(status.INTERNAL, 'ERR_WIRE', 'the message cannot be read');

/**
 * A call with one message, answered once the message is whole and the client has half-closed.
 * Answer and status leave in one packet.
 */
export class UnaryCall<Request, Response> extends Call {
  readonly #method: Answered<Request, Response>;
  #message: Buffer | undefined;

  constructor(incoming: Incoming, method: Answered<Request, Response>, parts: CallParts) {
    super(incoming, { path: method.path, type: 'unary' }, parts);
    this.#method = method;
  }

  protected override onMessage(message: Buffer): void {
    if (this.#message !== undefined) return this.endWith(SEVERAL_MESSAGES);
    this.#message = message;
  }

  protected override onHalfClose(): void {
    const message = this.#message;
    if (message === undefined) return this.endWith(NO_MESSAGE);
    if (this.deadlineMs <= performance.now()) return this.expire();
    let request: Request;
    try {
      request = this.#method.requestDeserialize(message);
    } catch (error) {
      // The message of protobufjs is useless: an offset into bytes that nobody kept.
      return error instanceof TacetError ? this.fail(error) : this.endWith(UNREADABLE);
    }
    try {
      const response = this.#method.answer(request, this);
      if (!(response instanceof Promise)) return this.#send(response);
      response.then((value) => this.#send(value)).catch((error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  #send(response: Response): void {
    // The request has been read, and the answer does not use its buffer.
    if (this.#message !== undefined) this.parts.buffers.give(this.#message);
    if (this.isOver) return;
    const bytes = this.#method.responseSerialize(response);
    const frame = framed(bytes, this.parts.buffers);
    this.sendHeaders();
    this.events.messageSent();
    this.endWith(OK, frame);
  }
}
