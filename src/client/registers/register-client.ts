import type { Client, ServiceError } from '@grpc/grpc-js';
import type { Register } from '../../registers/standing.ts';
import type {
  EditResponseMessage,
  ExportedEntryMessage,
  FindResponseMessage,
} from '../../wire/gen/messages.ts';
import { editMessage, type RegisterEdit } from '../../wire/registers/edit.ts';
import { registerService } from '../../wire/registers/service.ts';
import { assertList, assertText, assertTexts } from '../arguments.ts';
import { clientClosed, serverError } from '../server-error.ts';
import { callUnary, type UnaryOptions } from '../unary-call.ts';

/** The registers of a server: objections and opt-ins, which it keeps beside its lists. */
export class RegisterClient {
  readonly #client: Client;
  readonly #options: UnaryOptions;

  constructor(client: Client, options: UnaryOptions) {
    this.#client = client;
    this.#options = options;
  }

  /**
   * Adds numbers to a register, or lifts them. Durable once it resolves, and sent again if it was
   * lost on the way: the server does it once. Look at `refused`: such numbers were not entered.
   */
  async edit(edit: RegisterEdit): Promise<EditResponseMessage> {
    assertList(Object(edit).phoneNumbers, 'phoneNumbers');
    assertTexts(edit.phoneNumbers, (index) => `phoneNumbers[${index}]`);
    return callUnary(this.#client, registerService.Edit, editMessage(edit), this.#options);
  }

  /** What stands of a number, and every act on it; see `EDIT_OPERATIONS` for what was done. */
  async find(phoneNumber: string): Promise<FindResponseMessage> {
    assertText(phoneNumber, 'phoneNumber');
    return callUnary(this.#client, registerService.Find, { phoneNumber }, this.#options);
  }

  /**
   * All that stands in a register, page by page; of an advertiser, or of all that the client may
   * see. Ends with an error if it breaks off.
   */
  async *export(register: Register, advertiser = ''): AsyncGenerator<ExportedEntryMessage[]> {
    const { calls } = this.#options;
    if (calls.closed) throw clientClosed();
    const { path, requestSerialize, responseDeserialize } = registerService.Export;
    const request = { register, advertiser };
    const call = this.#client.makeServerStreamRequest(
      ...([path, requestSerialize, responseDeserialize, request, {}] as const),
    );
    const cancel = (): void => call.cancel();
    calls.add(cancel);
    try {
      for await (const { entries } of call) yield entries;
    } catch (error) {
      // grpc-js ends a stream with such an error.
      const failed = error as ServiceError;
      throw calls.closed ? clientClosed(failed) : serverError(failed, calls.proxy);
    } finally {
      calls.delete(cancel);
      cancel();
    }
  }
}
