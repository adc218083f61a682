import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** systemd answers within milliseconds; a notice that takes longer is lost. */
const NOTICE_MS_MAX = 5000;
/** The watchdog is fed so often within its time, since one notice may be late. */
const WATCHDOG_PARTS = 3;

/**
 * Tells systemd how the service is, as a unit of `Type=notify` and `NotifyAccess=all` asks for:
 * sd_notify(3). Node has no datagrams over the file system, so systemd's own command sends them.
 */
export class ServiceNotices {
  readonly #isWanted: boolean;
  readonly #watchdogMs: number;
  readonly #onError: (error: unknown) => void;
  /** Notices are sent in order. */
  #sent: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /** @param onError called for each notice that could not be sent */
  constructor(environment: NodeJS.ProcessEnv, onError: (error: unknown) => void) {
    const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = environment;
    this.#isWanted = NOTIFY_SOCKET !== undefined && NOTIFY_SOCKET !== '';
    const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
    this.#watchdogMs = isOurs ? Number(WATCHDOG_USEC ?? 0) / 1000 : 0;
    this.#onError = onError;
  }

  /** The service answers; from now on the watchdog is fed while the event loop turns. */
  ready(): void {
    this.#send('READY=1');
    if (!this.#isWanted || !(this.#watchdogMs > 0)) return;
    const feed = (): void => this.#send('WATCHDOG=1');
    this.#timer ??= setInterval(feed, this.#watchdogMs / WATCHDOG_PARTS).unref();
  }

  /** It reloads; {@link ready} says when it is done. */
  reloading(): void {
    this.#send('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  stopping(): void {
    this.#send('STOPPING=1');
  }

  #send(...lines: readonly string[]): void {
    if (!this.#isWanted) return;
    this.#sent = this.#sent
      .then(() => run('systemd-notify', lines, { timeout: NOTICE_MS_MAX }))
      .catch(this.#onError);
  }
}
