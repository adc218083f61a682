/** What is logged of calls: each at debug level; failures and limits always, so many a minute. */
import { status } from '../wire/grpc-status.ts';
import { dedupeService } from '../wire/service.ts';
import { type CallIdentity, type CallMetadata, identityOf } from './call-identity.ts';
import { codeName } from './metrics/calls.ts';
import type { LimitReason } from './metrics/limits.ts';

/** The part of pino's logger that is used. */
interface CallLogger {
  isLevelEnabled(level: string): boolean;
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A call that has ended. */
interface EndedCall {
  /** `/package.Service/Method` of a method that is served. */
  readonly path: string;
  readonly metadata: CallMetadata;
  /** When it began, in ms of the process' clock. */
  readonly startMs: number;
  readonly code: number;
  readonly details: string;
  /** The limit that ended it, if it was one. */
  readonly limit: LimitReason | undefined;
}

const MINUTE_MS = 60_000;
const DETAILS_CHARACTERS_MAX = 200;
/** The server's own fault, and nobody else's. */
const FAULTS: ReadonlySet<number> = new Set([status.INTERNAL, status.UNKNOWN, status.DATA_LOSS]);
const OUR_PATHS: ReadonlySet<string> = new Set(
  Object.values(dedupeService).map(({ path }) => path),
);
const CHECK_PATH = dedupeService.Check.path;

/** The lines of one kind: so many in a minute, the others are counted. */
interface Kind {
  minute: number;
  lines: number;
  unlogged: number;
}

/**
 * Logs calls. A call that ends well costs nothing but a look at the level while that is not debug:
 * its metadata is not read. A client that fails on purpose gets `linesMax` lines a minute of each
 * kind, and there are as many kinds as limits, and one more.
 */
export class CallLog {
  readonly #log: CallLogger;
  readonly #linesMax: number;
  readonly #isDebug: boolean;
  readonly #kinds = new Map<LimitReason | 'fault', Kind>();
  /** Made for the first line about a call, the same in all. */
  readonly #identities = new WeakMap<CallMetadata, CallIdentity>();
  /** Numbers answered; at debug level only. */
  readonly #numbers = new WeakMap<CallMetadata, number>();
  /** Calls whose error has been told. */
  readonly #told = new WeakSet<CallMetadata>();

  /** @param linesMax lines a minute about failures, and about each limit */
  constructor(log: CallLogger, linesMax: number) {
    this.#log = log;
    this.#linesMax = linesMax;
    this.#isDebug = log.isLevelEnabled('debug');
  }

  /** Numbers of a call have been answered; `counts` by verdict. */
  answered(metadata: CallMetadata, counts: readonly number[]): void {
    if (!this.#isDebug) return;
    let numbers = this.#numbers.get(metadata) ?? 0;
    for (let verdict = 1; verdict < counts.length; verdict++) numbers += counts[verdict] ?? 0;
    this.#numbers.set(metadata, numbers);
  }

  /** A call fails for a reason that its client is not told. */
  failed(metadata: CallMetadata, error: unknown): void {
    this.#told.add(metadata);
    const unlogged = this.#admit('fault');
    if (unlogged === undefined) return;
    this.#log.error({ ...this.#identityOf(metadata), ...unlogged, err: error }, 'a call failed');
  }

  /** A call has ended, however it did. */
  ended(call: EndedCall): void {
    if (call.code === status.OK && !this.#isDebug) return;
    const { limit } = call;
    if (limit !== undefined) {
      const unlogged = this.#admit(limit);
      if (unlogged !== undefined) {
        this.#log.warn({ ...this.#fieldsOf(call), limit, ...unlogged }, 'a call ran into a limit');
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

  /** A limit ended something before, or beside, a status; `metadata` of the call, if it is one. */
  limited(limit: LimitReason, metadata?: CallMetadata): void {
    const unlogged = this.#admit(limit);
    if (unlogged === undefined) return;
    const identity = metadata === undefined ? {} : this.#identityOf(metadata);
    this.#log.warn({ ...identity, limit, ...unlogged }, 'a client ran into a limit');
  }

  #fieldsOf({ path, metadata, startMs, code, details }: EndedCall): object {
    const isOurs = OUR_PATHS.has(path);
    const numbers = path === CHECK_PATH ? Number(code === status.OK) : this.#numbers.get(metadata);
    return {
      method: path.slice(1),
      code: codeName(code),
      duration_ms: Math.round((performance.now() - startMs) * 1000) / 1000,
      ...(this.#isDebug && isOurs && { numbers: numbers ?? 0 }),
      // Other services may repeat what they were sent.
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

  /** Undefined where this minute has had its lines; else what has been kept back since the last. */
  #admit(name: LimitReason | 'fault'): { unlogged?: number } | undefined {
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
