import { withLock } from '../../store/lock.ts';

/** Waits until nobody else writes to a ledger; returns what lets others write again. */
export function lockLedger(
  directory: string,
  { doing, lockWaitMs }: { readonly doing: string; readonly lockWaitMs: number },
): Promise<() => Promise<void>> {
  return new Promise((resolve, reject) => {
    const place = { name: 'the ledger', code: 'ERR_LEDGER_LOCKED' } as const;
    let release = (): void => undefined;
    const released = new Promise<void>((done) => {
      release = done;
    });
    const held = withLock(directory, { doing, waitMs: lockWaitMs, place }, () => {
      resolve(() => {
        release();
        return held;
      });
      return released;
    });
    held.catch(reject);
  });
}
