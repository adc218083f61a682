/** Which call a log line is about, as the client named it. */
import { randomUUID } from 'node:crypto';

/** The metadata of a call: the values of a name, in order. */
export interface CallMetadata {
  get(name: string): readonly (string | Buffer)[];
  /** Who calls, by its name in the access file; undefined without one. */
  readonly client?: string | undefined;
}

/** What every log line about a call carries. */
export interface CallIdentity {
  /** See {@link CallMetadata.client}. */
  readonly client?: string;
  /** The client's `x-request-id`, or one generated here. */
  readonly request_id: string;
  /** From the W3C `traceparent`: the trace, and the client's span in it. */
  readonly trace_id?: string;
  readonly span_id?: string;
}

const REQUEST_ID = /^[A-Za-z0-9._:/+=@-]{1,128}$/;
/** Digits in these texts are random, not those of a phone number. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const HEX = /^(?=.*[a-f])[0-9a-f]{32}$/i;
/** From seven digits to E.164's fifteen after 00, grouped in any way or in a row. */
const PHONE_LIKE = /(?<!\d)\d(?:[._:/+-]{0,2}\d){6,16}(?![._:/+-]{0,2}\d)|(?<!\d)\d{7,17}(?!\d)/;

/** Version, trace id, parent id, flags; https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
/** For future versions; the current one has 55. */
const TRACEPARENT_CHARACTERS_MAX = 256;
const ALL_ZERO = /^0+$/;

/**
 * Reads `x-request-id` and `traceparent`. A malformed value counts as absent, and so does a request
 * id that could contain a phone number.
 */
export function identityOf(metadata: CallMetadata): CallIdentity {
  const given = onlyText(metadata, 'x-request-id');
  const requestId = given !== undefined && isRequestId(given) ? given : randomUUID();
  const { client } = metadata;
  return {
    ...(client !== undefined && { client }),
    request_id: requestId,
    ...traceOf(onlyText(metadata, 'traceparent')),
  };
}

/** The text of a name that is given exactly once. */
function onlyText(metadata: CallMetadata, name: string): string | undefined {
  const [value, ...more] = metadata.get(name);
  return typeof value === 'string' && more.length === 0 ? value : undefined;
}

function isRequestId(text: string): boolean {
  if (!REQUEST_ID.test(text)) return false;
  return UUID.test(text) || HEX.test(text) || !PHONE_LIKE.test(text);
}

function traceOf(text: string | undefined): Pick<CallIdentity, 'trace_id' | 'span_id'> {
  if (text === undefined || text.length > TRACEPARENT_CHARACTERS_MAX) return {};
  const [, version, traceId = '', spanId = '', more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === 'ff') return {};
  if (version === '00' && more !== undefined) return {};
  if (ALL_ZERO.test(traceId) || ALL_ZERO.test(spanId)) return {};
  return { trace_id: traceId, span_id: spanId };
}
