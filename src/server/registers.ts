import type { Access } from '../access/access.ts';
import type { RegisterView } from '../registers/view.ts';
import { registerVersions } from '../serving/register-versions.ts';
import type { RegisterViews } from '../state/views/register-views.ts';
import type { ListVersionMessage } from '../wire/gen/messages.ts';

/** What calls see of the registers. */
export class ServedRegisters {
  readonly #views: () => RegisterViews | undefined;
  readonly #access: { readonly current: Access } | undefined;

  /** @param views none = there are no registers */
  constructor(
    views: () => RegisterViews | undefined,
    access: { readonly current: Access } | undefined,
  ) {
    this.#views = views;
    this.#access = access;
  }

  /**
   * What they say now for an advertiser; '' = nobody in particular; undefined = there are none. A
   * promise if it must be read first. Errors: ERR_REQUEST, ERR_STATE_STALE, ERR_STATE.
   */
  viewOf(advertiser: string): RegisterView | undefined | Promise<RegisterView> {
    return this.#views()?.viewOf(advertiser);
  }

  /** Throws ERR_STATE_STALE if what is known of them is too old to answer by. */
  assertFresh(): void {
    this.#views()?.assertFresh();
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
