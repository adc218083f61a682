import { strict as assert } from 'node:assert';
import { fileURLToPath } from 'node:url';
import {
  loadSync,
  type MessageTypeDefinition,
  type MethodDefinition,
  type PackageDefinition,
  type ServiceDefinition,
} from '@grpc/proto-loader';
import { encodeCheckAnswer } from './check-response.ts';
import { malformed } from './fields.ts';
import type {
  CheckRequestMessage,
  CheckResponseMessage,
  DedupeOptionsMessage,
  GetListsResponseMessage,
  ListVersionMessage,
  SummaryMessage,
} from './gen/messages.ts';
import { readScalars, type ScalarFields, type ScalarKind } from './scalars.ts';

/**
 * The service of `proto/tacet/v1/dedupe.proto` for grpc-js. Messages that carry batches stay bytes
 * on both sides, so that numbers are never decoded one by one: `Dedupe` both ways, `BatchCheck`
 * both ways. {@link readScalars} reads the rest of what clients send (`CheckRequest`, options).
 * protobufjs decodes and encodes everything else.
 */

const PROTO_PATH = fileURLToPath(new URL('../../proto/tacet/v1/dedupe.proto', import.meta.url));

const packageDefinition = loadSync(PROTO_PATH, { longs: Number, enums: Number, defaults: true });

/** A proto file on this machine, and the path by which others import it. */
export interface ProtoFile {
  readonly path: string;
  readonly name: string;
}

/** Our proto and others, with their fields' own names, for server reflection. */
export function reflectedPackage(others: readonly ProtoFile[]): PackageDefinition {
  const files = [{ path: PROTO_PATH, name: 'tacet/v1/dedupe.proto' }, ...others];
  return Object.assign({}, ...files.map(describe));
}

/** proto-loader names a file for its package. Where a field comes twice, the last value counts. */
function describe({ path, name }: ProtoFile): PackageDefinition {
  const loaded = loadSync(path, { keepCase: true });
  const field = Buffer.concat([Buffer.from([0x0a, name.length]), Buffer.from(name)]);
  const renamed = Object.entries(loaded).map(([symbol, definition]) => {
    const { fileDescriptorProtos } = definition as MessageTypeDefinition<object, object>;
    if (fileDescriptorProtos === undefined) return [symbol, definition];
    const files = fileDescriptorProtos.map((bytes) => Buffer.concat([bytes, field]));
    return [symbol, { ...definition, fileDescriptorProtos: files }];
  });
  return Object.fromEntries(renamed);
}

/** The small parts of a response. */
export interface ResponseParts {
  readonly lists: ListVersionMessage[];
  readonly summary: SummaryMessage | null;
  readonly notices: readonly string[];
  /** As on the wire, see `encodeApproach`; 0 = none, as of a server that knows none. */
  readonly purpose: number;
  readonly channel: number;
}

/** The parts of a `BatchCheckResponse`, which has no summary. */
type BatchParts = Omit<ResponseParts, 'summary'>;

/** A method of a service of the proto, whose messages have these types. */
export function methodOf<Request extends object, Response extends object>(
  service: string,
  name: string,
): MethodDefinition<Request, Response> {
  // proto-loader gives a service under such a name.
  const methods = packageDefinition[`tacet.v1.${service}`] as ServiceDefinition | undefined;
  // Whoever names a method knows its messages.
  const definition = methods?.[name] as MethodDefinition<Request, Response> | undefined;
  if (definition === undefined) throw new Error(`dedupe.proto has no ${service}.${name}`);
  return definition;
}

const method = (name: string) => methodOf<object, object>('DedupeService', name);

const dedupe = method('Dedupe');
const batchCheck = method('BatchCheck');
// What a request leaves unset is empty.
type CheckMethod = MethodDefinition<Partial<CheckRequestMessage>, CheckResponseMessage>;
const check = method('Check') as CheckMethod;

const SCALAR_KINDS: Readonly<Record<string, ScalarKind>> = {
  TYPE_STRING: 'text',
  TYPE_BOOL: 'bool',
  TYPE_ENUM: 'enum',
};
const REPEATED_KINDS: Readonly<Record<string, ScalarKind>> = { TYPE_STRING: 'texts' };

const CHECK_FIELDS = scalarsOf<CheckRequestMessage>('CheckRequest');
const OPTIONS_FIELDS = scalarsOf<DedupeOptionsMessage>('DedupeOptions');

/** The fields of a message of strings, bools and enums, and of repeated strings. */
function scalarsOf<Message>(name: string): ScalarFields<Message> {
  // A message of the proto, whose descriptor proto-loader types as an object only.
  const { type } = packageDefinition[`tacet.v1.${name}`] as MessageTypeDefinition<object, object>;
  const { field } = type as {
    field: { name: keyof Message; number: number; type: string; label: string }[];
  };
  const fields: { name: keyof Message; kind: ScalarKind }[] = [];
  for (const { name, number, type: kind, label } of field) {
    const known = label === 'LABEL_REPEATED' ? REPEATED_KINDS[kind] : SCALAR_KINDS[kind];
    assert(known !== undefined, `a scalar of type ${kind} can be read`);
    fields[number] = { name, kind: known };
  }
  return fields;
}

const asIs = {
  requestSerialize: (bytes: Buffer): Buffer => bytes,
  requestDeserialize: (bytes: Buffer): Buffer => bytes,
  responseSerialize: (bytes: Buffer): Buffer => bytes,
  responseDeserialize: (bytes: Buffer): Buffer => bytes,
};

/** `tacet.v1.DedupeService` with the batches left as bytes. */
export const dedupeService = {
  Check: { ...check, requestDeserialize: decodeCheckRequest, responseSerialize: encodeCheck },
  GetLists: method('GetLists') as MethodDefinition<object, GetListsResponseMessage>,
  Dedupe: { ...dedupe, ...asIs } as MethodDefinition<Buffer, Buffer>,
  BatchCheck: { ...batchCheck, ...asIs } as MethodDefinition<Buffer, Buffer>,
};

/** The encoded lists of a `CheckResponse`, by their array. */
const encodedLists = new WeakMap<readonly ListVersionMessage[], Buffer>();

/** Encodes a `CheckResponse`; `lists` must not change once encoded. */
function encodeCheck(response: CheckResponseMessage): Buffer {
  const { lists, notices } = response;
  let bytes = encodedLists.get(lists);
  if (bytes === undefined) {
    // Only the lists, and below the notices: fields set to their default would take bytes.
    bytes = check.responseSerialize({ lists } as CheckResponseMessage);
    encodedLists.set(lists, bytes);
  }
  if (notices.length === 0) return encodeCheckAnswer(response, bytes);
  const told = check.responseSerialize({ notices } as CheckResponseMessage);
  return encodeCheckAnswer(response, Buffer.concat([bytes, told]));
}

/** Decodes a `CheckRequest`; unset fields are empty. Errors: ERR_WIRE. */
function decodeCheckRequest(bytes: Uint8Array): CheckRequestMessage {
  return readScalars(bytes, CHECK_FIELDS);
}

/**
 * Decodes the content of a `DedupeOptions`, see `findOptions`; unset fields are empty.
 * Errors: ERR_WIRE.
 */
export function decodeOptions(content: Uint8Array): DedupeOptionsMessage {
  return readScalars(content, OPTIONS_FIELDS);
}

/** Encodes options as the first bytes of a `DedupeRequest`; unset ones take no bytes. */
export function encodeOptions(
  options: {
    readonly [Name in keyof DedupeOptionsMessage]?: DedupeOptionsMessage[Name] | undefined;
  },
): Buffer {
  return dedupe.requestSerialize({ options });
}

/**
 * Encodes the small parts of a `DedupeResponse`; unset ones take no bytes. The bytes of the
 * verdicts may follow.
 */
export function encodeResponseParts(parts: Partial<ResponseParts>): Buffer {
  return dedupe.responseSerialize(parts);
}

/** The same of a `BatchCheckResponse`. */
export function encodeBatchParts(parts: Partial<BatchParts>): Buffer {
  return batchCheck.responseSerialize(parts);
}

/** Decodes the small parts of a response from the bytes of these fields alone. Errors: ERR_WIRE. */
export function decodeResponseParts(
  bytes: Uint8Array,
  name: 'Dedupe' | 'BatchCheck',
): ResponseParts {
  try {
    const { responseDeserialize } = name === 'Dedupe' ? dedupe : batchCheck;
    const parts = responseDeserialize(Buffer.from(bytes)) as BatchParts & Partial<ResponseParts>;
    return { ...parts, summary: parts.summary ?? null };
  } catch {
    // The error of protobufjs adds nothing: only an offset into bytes that are not kept.
    throw malformed('lists or summary cannot be read');
  }
}
