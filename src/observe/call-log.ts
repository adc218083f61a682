/** Logs calls: every call at debug level; failures and limits always, at a limited rate. */
import { status } from '../wire/grpc-status.ts';
import { dedupeService } from '../wire/service.ts';
import { type CallIdentity, type CallMetadata, identityOf } from './call-identity.ts';
import { codeName } from './metrics/calls.ts';
import type { HandshakeFailure } from './metrics/connections.ts';
import type { LimitReason } from './metrics/limits.ts';

/** The part of pino's logger that is needed here. */
interface CallLogger {
  isLevelEnabled(level: string): boolean;
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A call that has ended. */
interface EndedCall {
  /** `/package.Service/Method` of an existing method. */
  readonly path: string;
  readonly metadata: CallMetadata;
  /** When it began, in ms of the process' clock. */
  readonly startMs: number;
  readonly code: number;
  readonly details: string;
  /** The limit that ended it, if it was one. */
  readonly limit: LimitReason | undefined;
  /** Why it was refused, if its client was told to go away. */
  readonly refusal: string | undefined;
}

const MINUTE_MS = 60_000;
const DETAILS_CHARACTERS_MAX = 200;
/** The statuses that are the server's own fault. */
const FAULTS: ReadonlySet<number> = new Set([status.INTERNAL, status.UNKNOWN, status.DATA_LOSS]);
const OUR_PATHS: ReadonlySet<string> = new Set(
  Object.values(dedupeService).map(({ path }) => path),
);
const CHECK_PATH = dedupeService.Check.path;

type KindName = LimitReason | 'fault' | 'protocol' | 'refusal' | 'handshake';

/** The lines of one kind: a limited number each minute; the rest are only counted. */
interface Kind {
  minute: number;
  lines: number;
  unlogged: number;
}

/**
 * Logs calls. Unless the level is debug, a call that ends well costs only a check of the level: its
 * metadata is not read. A client that fails on purpose gets `linesMax` lines a minute of each kind;
 * there is one kind per limit, one for faults, one for refusals, one for handshakes, and one for
 * what breaks HTTP/2.
 */
export class CallLog {
  readonly #log: CallLogger;
  readonly #linesMax: number;
  readonly #isDebug: boolean;
  readonly #kinds = new Map<KindName, Kind>();
  /** Created for the first line about a call and used for all its lines. */
  readonly #identities = new WeakMap<CallMetadata, CallIdentity>();
  /** Numbers answered; at debug level only. */
  readonly #numbers = new WeakMap<CallMetadata, number>();
  /** Calls whose error has been reported. */
  readonly #told = new WeakSet<CallMetadata>();

  /** @param linesMax lines a minute about failures, and about each limit */
  constructor(log: CallLogger, linesMax: number) {
    this.#log = log;
    this.#linesMax = linesMax;
    this.#isDebug = log.isLevelEnabled('debug');
  }

  /** Numbers of a call have been answered; `counts` is indexed by verdict. */
  answered(metadata: CallMetadata, counts: readonly number[]): void {
    if (!this.#isDebug) return;
    let numbers = this.#numbers.get(metadata) ?? 0;
    for (let verdict = 1; verdict < counts.length; verdict++) numbers += counts[verdict] ?? 0;
    this.#numbers.set(metadata, numbers);
  }

  /** A call failed for a reason that its client is not told. */
  failed(metadata: CallMetadata, error: unknown): void {
    this.#told.add(metadata);
    const unlogged = this.#admit('fault');
    if (unlogged === undefined) return;
    this.#log.error({ ...this.#identityOf(metadata), ...unlogged, err: error }, 'a call failed');
  }

  /** A call has ended, successfully or not. */
  ended(call: EndedCall): void {
    if (call.code === status.OK && !this.#isDebug) return;
    const { limit } = call;
    if (limit !== undefined) {
      const unlogged = this.#admit(limit);
      if (unlogged !== undefined) {
        this.#log.warn({ ...this.#fieldsOf(call), limit, ...unlogged }, 'a call ran into a limit');
        return;
      }
    } else if (call.refusal !== undefined) {
      const unlogged = this.#admit('refusal');
      if (unlogged !== undefined) {
        const { refusal } = call;
        this.#log.warn({ ...this.#fieldsOf(call), refusal, ...unlogged }, 'a call was refused');
        return;
      }
    } else if (FAULTS.has(call.code) && !this.#told.has(call.metadata)) {
      const unlogged = this.#admit('fault');
      if (unlogged !== undefined) {
        this.#log.error({ ...this.#fieldsOf(call), ...unlogged }, 'a call failed');
        return;
      }
    }
    if (this.#isDebug) this.#log.debug(this.#fieldsOf(call), 'a call ended');
  }

  /**
   * A limit ended a connection or stream without a status. `metadata` is that of the call, if any.
   */
  limited(limit: LimitReason, metadata?: CallMetadata): void {
    const unlogged = this.#admit(limit);
    if (unlogged === undefined) return;
    const identity = metadata === undefined ? {} : this.#identityOf(metadata);
    this.#log.warn({ ...identity, limit, ...unlogged }, 'a client ran into a limit');
  }

  /** The TLS handshake of a connection failed; `code` is OpenSSL's. */
  handshakeFailed(reason: HandshakeFailure, code: string | undefined): void {
    const unlogged = this.#admit('handshake');
    if (unlogged === undefined) return;
    const fields = { reason, ...(code !== undefined && { code }), ...unlogged };
    this.#log.warn(fields, 'a TLS handshake failed');
  }

  /** A call was refused without having been one. */
  refused(refusal: string, metadata: CallMetadata): void {
    const unlogged = this.#admit('refusal');
    if (unlogged === undefined) return;
    this.#log.warn({ ...this.#identityOf(metadata), refusal, ...unlogged }, 'a call was refused');
  }

  /** A client broke HTTP/2 or TLS and was cut off. */
  protocolBroken(): void {
    const unlogged = this.#admit('protocol');
    if (unlogged !== undefined) this.#log.warn(unlogged, 'a client broke HTTP/2');
  }

  #fieldsOf({ path, metadata, startMs, code, details }: EndedCall): object {
    const isOurs = OUR_PATHS.has(path);
    const numbers = path === CHECK_PATH ? Number(code === status.OK) : this.#numbers.get(metadata);
    return {
      method: path.slice(1),
      code: codeName(code),
      duration_ms: Math.round((performance.now() - startMs) * 1000) / 1000,
      ...(this.#isDebug && isOurs && { numbers: numbers ?? 0 }),
      // The details of other services may repeat what the client sent.
      ...(isOurs && code !== status.OK && { details: details.slice(0, DETAILS_CHARACTERS_MAX) }),
      ...this.#identityOf(metadata),
    };
  }

  #identityOf(metadata: CallMetadata): CallIdentity {
    let identity = this.#identities.get(metadata);
    if (identity === undefined) {
      identity = identityOf(metadata);
      this.#identities.set(metadata, identity);
    }
    return identity;
  }

  /**
   * Undefined if this minute's lines are used up; else how many were left out since the last one.
   */
  #admit(name: KindName): { unlogged?: number } | undefined {
    const minute = Math.floor(performance.now() / MINUTE_MS);
    let kind = this.#kinds.get(name);
    if (kind === undefined) {
      kind = { minute, lines: 0, unlogged: 0 };
      this.#kinds.set(name, kind);
    }
    if (kind.minute !== minute) {
      kind.minute = minute;
      kind.lines = 0;
    }
    if (kind.lines >= this.#linesMax) {
      kind.unlogged++;
      return undefined;
    }
    kind.lines++;
    const { unlogged } = kind;
    kind.unlogged = 0;
    return unlogged === 0 ? {} : { unlogged };
  }
}
