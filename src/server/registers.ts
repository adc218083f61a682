import type { Access } from '../access/access.ts';
import { TacetError } from '../errors.ts';
import type { RegisterView } from '../registers/view.ts';
import { registerVersions } from '../serving/register-versions.ts';
import type { RegisterDesk } from '../state/desk/desk.ts';
import type { RegisterViews } from '../state/views/register-views.ts';
import type { ListVersionMessage } from '../wire/gen/messages.ts';

/** Registers that are kept: what they say now, and where they are edited. */
export interface KeptRegisters {
  readonly registers: RegisterViews;
  readonly desk: RegisterDesk;
}

/** What calls see of the registers. */
export class ServedRegisters {
  readonly #kept: () => KeptRegisters | undefined;
  readonly #access: { readonly current: Access } | undefined;

  /** @param kept none = there are no registers */
  constructor(
    kept: () => KeptRegisters | undefined,
    access: { readonly current: Access } | undefined,
  ) {
    this.#kept = kept;
    this.#access = access;
  }

  /**
   * What they say now for an advertiser; '' = nobody in particular; undefined = there are none. A
   * promise if it must be read first. Errors: ERR_REQUEST, ERR_STATE_STALE, ERR_STATE.
   */
  viewOf(advertiser: string): RegisterView | undefined | Promise<RegisterView> {
    return this.#kept()?.registers.viewOf(advertiser);
  }

  /** Throws ERR_STATE_STALE if what is known of them is too old to answer by. */
  assertFresh(): void {
    this.#kept()?.registers.assertFresh();
  }

  /** Where they are edited. Throws ERR_STATE_NONE if there are none. */
  get desk(): RegisterDesk {
    const kept = this.#kept();
    if (kept !== undefined) return kept.desk;
    throw new TacetError('ERR_STATE_NONE', {
      what: 'this server keeps no registers',
      fix: 'Have it started with --state, or ask one that was',
    });
  }

  /** Resolves once what is durable now is in force here, or it cannot be read. Never rejects. */
  async look(): Promise<void> {
    await this.#kept()
      ?.registers.look()
      .catch(() => undefined);
  }

  /** What answers say of the registers they were given by. */
  versionsOf(view: RegisterView | undefined): readonly ListVersionMessage[] {
    return registerVersions(view);
  }

  /** What those who use the answers must know. */
  noticesOf(advertiser: string, view: RegisterView | undefined): readonly string[] {
    if (view === undefined || advertiser === '') return [];
    const isKnown =
      this.#access?.current.parties.has(advertiser) === true ||
      view.own.base.count + view.own.overlay.count > 0;
    return isKnown ? [] : [`no register is kept for the advertiser ${advertiser}`];
  }
}
