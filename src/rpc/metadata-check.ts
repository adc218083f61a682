import { status } from '../wire/grpc-status.ts';
import { type GrpcStatus, told } from './status.ts';

/** Limits of the headers of a call; HTTP/2's own, such as `:path`, are among them. */
export interface MetadataLimits {
  readonly metadataEntriesMax: number;
  /** Names and values, and 32 bytes for each entry: RFC 9113, section 10.5.1. */
  readonly metadataBytesMax: number;
}

const ENTRY_BYTES = 32;

/** Whether calls keep the limits of their metadata. */
export class MetadataCheck {
  readonly #limits: MetadataLimits;

  constructor(limits: MetadataLimits) {
    this.#limits = limits;
  }

  /** The status for a call with more; `rawHeaders` are names and values in turn. */
  excessOf(rawHeaders: readonly string[]): GrpcStatus | undefined {
    const { metadataEntriesMax, metadataBytesMax } = this.#limits;
    const entries = rawHeaders.length / 2;
    if (entries > metadataEntriesMax) return refusal(entries, 'entries', metadataEntriesMax);
    let bytes = entries * ENTRY_BYTES;
    for (const text of rawHeaders) bytes += text.length;
    return bytes > metadataBytesMax ? refusal(bytes, 'bytes', metadataBytesMax) : undefined;
  }
}

function refusal(got: number, unit: string, max: number): GrpcStatus {
  const details = `the metadata of the call has ${got} ${unit}, more than ${max}: send less`;
  return told(status.RESOURCE_EXHAUSTED, 'ERR_LIMIT', details, {
    limit: `metadata-${unit}`,
    max: String(max),
  });
}
