/**
 * What programs learn about a failure, in `grpc-status-details-bin`: a `google.rpc.Status` with one
 * `google.rpc.ErrorInfo`, which any language's status library reads. Fields as of
 * google/rpc/status.proto, google/rpc/error_details.proto and google/protobuf/any.proto.
 */
import protobuf from 'protobufjs';

/** The name of the metadata. */
export const STATUS_DETAILS = 'grpc-status-details-bin';

/** The domain that defines our reasons. */
export const ERROR_DOMAIN = 'tacet';

export interface ErrorInfo {
  /** A stable code of `errors.ts`. */
  readonly reason: string;
  readonly domain: string;
  /** The facts of the text: `limit`, `max`. */
  readonly metadata: Readonly<Record<string, string>>;
}

const TYPE_URL = 'type.googleapis.com/google.rpc.ErrorInfo';

const { Field, MapField, Type } = protobuf;
const AnyType = new Type('Any')
  .add(new Field('type_url', 1, 'string'))
  .add(new Field('value', 2, 'bytes'));
const StatusType = new Type('Status')
  .add(new Field('code', 1, 'int32'))
  .add(new Field('message', 2, 'string'))
  .add(new Field('details', 3, 'Any', 'repeated'))
  .add(AnyType);
const ErrorInfoType = new Type('ErrorInfo')
  .add(new Field('reason', 1, 'string'))
  .add(new Field('domain', 2, 'string'))
  .add(new MapField('metadata', 3, 'string', 'string'));

/** Encodes {@link STATUS_DETAILS}; code and message are those of the status. */
export function encodeErrorInfo(code: number, message: string, info: ErrorInfo): Buffer {
  const value = ErrorInfoType.encode(info).finish();
  const details = [{ type_url: TYPE_URL, value }];
  return Buffer.from(StatusType.encode({ code, message, details }).finish());
}

/** The info in such bytes; undefined if they hold none of ours or cannot be read. */
export function decodeErrorInfo(bytes: Uint8Array): ErrorInfo | undefined {
  try {
    const { details } = StatusType.toObject(StatusType.decode(bytes), { arrays: true });
    for (const { type_url, value } of details) {
      if (type_url !== TYPE_URL) continue;
      const decoded = ErrorInfoType.decode(value);
      const info = ErrorInfoType.toObject(decoded, { defaults: true, objects: true });
      const { reason, domain, metadata } = info;
      if (domain === ERROR_DOMAIN) return { reason, domain, metadata };
    }
  } catch {
    // Unreadable bytes are not ours.
  }
  return undefined;
}
