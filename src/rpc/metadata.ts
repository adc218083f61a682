import type { IncomingHttpHeaders } from 'node:http2';
import type { CallMetadata } from '../observe/call-identity.ts';

/** The metadata of a call, read from the headers on demand. */
export class HeaderMetadata implements CallMetadata {
  readonly #headers: IncomingHttpHeaders;

  constructor(headers: IncomingHttpHeaders) {
    this.#headers = headers;
  }

  get(name: string): readonly string[] {
    const value = this.#headers[name];
    if (value === undefined) return [];
    return typeof value === 'string' ? [value] : value;
  }
}
