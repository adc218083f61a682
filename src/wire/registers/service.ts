import { malformed } from '../fields.ts';
import type {
  EditRequestMessage,
  EditResponseMessage,
  ExportRequestMessage,
  ExportResponseMessage,
  FindRequestMessage,
  FindResponseMessage,
  ImportResponseMessage,
} from '../gen/messages.ts';
import { methodOf } from '../service.ts';

/** Decodes what a client sends. Errors: ERR_WIRE. */
export function decodeRequest<Request>(
  { requestDeserialize }: { requestDeserialize(bytes: Buffer): Request },
  bytes: Buffer,
): Request {
  try {
    return requestDeserialize(bytes);
  } catch {
    // The error of protobufjs adds nothing: only an offset into bytes that are not kept.
    throw malformed('it cannot be read');
  }
}

const SERVICE = 'RegisterService';

/** `tacet.v1.RegisterService`. */
export const registerService = {
  Edit: methodOf<EditRequestMessage, EditResponseMessage>(SERVICE, 'Edit'),
  Import: methodOf<EditRequestMessage, ImportResponseMessage>(SERVICE, 'Import'),
  Find: methodOf<FindRequestMessage, FindResponseMessage>(SERVICE, 'Find'),
  Export: methodOf<ExportRequestMessage, ExportResponseMessage>(SERVICE, 'Export'),
};
