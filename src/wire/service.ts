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
import { readScalars, type ScalarFields } from './scalars.ts';

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
}

const service = packageDefinition['tacet.v1.DedupeService'] as ServiceDefinition;

function method(name: string): MethodDefinition<object, object> {
  const definition = service[name];
  if (definition === undefined) throw new Error(`dedupe.proto has no method ${name}`);
  return definition;
}

const dedupe = method('Dedupe');
const check = method('Check') as MethodDefinition<CheckRequestMessage, CheckResponseMessage>;

const CHECK_FIELDS = scalarsOf<CheckRequestMessage>('CheckRequest');
const OPTIONS_FIELDS = scalarsOf<DedupeOptionsMessage>('DedupeOptions');

/** The fields of a message of strings and bools. */
function scalarsOf<Message>(name: string): ScalarFields<Message> {
  // A message of the proto, whose descriptor proto-loader types as an object only.
  const { type } = packageDefinition[`tacet.v1.${name}`] as MessageTypeDefinition<object, object>;
  const { field } = type as { field: { name: keyof Message; number: number; type: string }[] };
  const fields: { name: keyof Message; isText: boolean }[] = [];
  for (const { name, number, type: kind } of field) {
    assert(kind === 'TYPE_STRING' || kind === 'TYPE_BOOL', 'scalars are read as text or bool');
    fields[number] = { name, isText: kind === 'TYPE_STRING' };
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
  BatchCheck: { ...method('BatchCheck'), ...asIs } as MethodDefinition<Buffer, Buffer>,
};

/** The encoded lists of a `CheckResponse`, by their array. */
const encodedLists = new WeakMap<readonly ListVersionMessage[], Buffer>();

/** Encodes a `CheckResponse`; `lists` must not change once encoded. */
function encodeCheck(response: CheckResponseMessage): Buffer {
  const { lists } = response;
  let bytes = encodedLists.get(lists);
  if (bytes === undefined) {
    // Only the lists: unset fields take no bytes, but fields set to their default would.
    bytes = check.responseSerialize({ lists } as CheckResponseMessage);
    encodedLists.set(lists, bytes);
  }
  return encodeCheckAnswer(response, bytes);
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
 * Encodes lists and summary of a `DedupeResponse`; unset parts take no bytes. The bytes of the
 * verdicts may follow.
 */
export function encodeResponseParts(parts: Partial<ResponseParts>): Buffer {
  return dedupe.responseSerialize(parts);
}

/** Decodes lists and summary from the bytes of these fields alone. Errors: ERR_WIRE. */
export function decodeResponseParts(bytes: Uint8Array): ResponseParts {
  try {
    return dedupe.responseDeserialize(Buffer.from(bytes)) as ResponseParts;
  } catch {
    // The error of protobufjs adds nothing: only an offset into bytes that are not kept.
    throw malformed('lists or summary cannot be read');
  }
}
