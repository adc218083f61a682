import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { type Access, type Caller, identified } from '../access/access.ts';
import { certificateNamesOf } from './connections/certificate-names.ts';

/** Which services need no credentials. */
interface OpenServices {
  readonly openHealth: boolean;
  readonly openReflection: boolean;
}

const BEARER = /^bearer +([\w.~+/-]+=*) *$/i;

/** Tells who calls, by token or certificate, from the access file that is in force. */
export class Authentication {
  readonly #access: { readonly current: Access };
  readonly #openPrefixes: readonly string[];

  constructor(access: { readonly current: Access }, { openHealth, openReflection }: OpenServices) {
    this.#access = access;
    this.#openPrefixes = [
      ...(openHealth ? ['/grpc.health.'] : []),
      ...(openReflection ? ['/grpc.reflection.'] : []),
    ];
  }

  /** Whether a path needs no credentials. */
  isOpen(path: string): boolean {
    return this.#openPrefixes.some((prefix) => path.startsWith(prefix));
  }

  /** Who opened a stream. Throws ERR_UNAUTHENTICATED. */
  callerOf({ session }: ServerHttp2Stream, { authorization }: IncomingHttpHeaders): Caller {
    const credentials = {
      // What is no token at all is an unknown one: a certificate does not make up for it.
      token: authorization === undefined ? undefined : (BEARER.exec(authorization)?.[1] ?? ''),
      certificateNames: session === undefined ? [] : certificateNamesOf(session),
    };
    return identified(this.#access.current.authenticate(credentials, Date.now()));
  }

  /** The same caller by now, see {@link Caller.in}. Throws ERR_UNAUTHENTICATED. */
  again(caller: Caller): Caller {
    return caller.in(this.#access.current, Date.now());
  }
}
