import { brusselsDay } from '../../calendar/brussels.ts';
import { parseIsoDay } from '../../calendar/day.ts';
import { registersOf } from '../../client/answered-registers.ts';
import { checkPhoneNumber } from '../../engine/check.ts';
import { mappedSource } from '../../engine/judge.ts';
import { KeyJudge } from '../../engine/key-judge.ts';
import type { ListSet } from '../../engine/list-set.ts';
import { KEYS_MAX, LOCAL_JUDGE_MODULE, prepareLocalJudge } from '../../engine/local-judge.ts';
import { verifyListFile } from '../../list/verify.ts';
import type { RegisterView } from '../../registers/view.ts';
import { ListPlaces } from '../../serving/places.ts';
import { registerVersions } from '../../serving/register-versions.ts';
import { Serving } from '../../serving/serving.ts';
import { openRegisterViews, type RegisterViews } from '../../state/views/register-views.ts';
import { openListSet } from '../../threads/list-set.ts';
import type { Approach } from '../../verdict/approach.ts';
import { assertFresh } from '../../verdict/freshness.ts';
import { printError } from '../print.ts';
import { BATCHES_IN_FLIGHT_MAX, type Engine, type EngineRun } from './engine.ts';

/** Opens list files and the current versions of stores, with the overrides now in force. */
async function openPlaces(paths: readonly string[]): Promise<Serving> {
  const places = new ListPlaces(paths);
  const found = await places.find();
  const overrides = await places.overrides(Date.now());
  // Report refused overrides: without them, nothing may be answered past valid_until.
  for (const { refusal } of overrides) if (refusal !== undefined) printError(String(refusal));
  const files = found.map(({ file }) => file);
  const serving = new Serving(await openListSet(files, { verify: 'header' }));
  serving.override(overrides);
  return serving;
}

/**
 * An engine over list files and stores. Their headers are checked here, every byte before the first
 * verdict, when the threads that read the contacts are starting. Errors: those of opening them,
 * ERR_LIST_STALE.
 */
export async function openEmbedded(
  lists: readonly string[],
  { region, state }: { readonly region: string; readonly state: string | undefined },
): Promise<Engine> {
  const serving = await openPlaces(lists);
  const { set } = serving;
  let registers: RegisterViews | undefined;
  try {
    assertFresh(serving.lists, Date.now());
    registers = state === undefined ? undefined : await openRegisterViews(state);
  } catch (error) {
    set.close();
    throw error;
  }
  let verifying: Promise<void> | undefined;
  const verified = () => {
    verifying ??= verifyLists(set);
    return verifying;
  };
  const belgian = region === 'BE';
  let keyJudge: KeyJudge | undefined;
  return {
    async check({ phoneNumber, optInDate, advertiser = '', approach }) {
      await verified();
      await assertUnchanged(serving);
      const view = await registers?.viewOf(advertiser);
      // Copying the index for the kernel, 22 MiB for 1.5 M numbers, is not worth it for a few.
      keyJudge ??= KeyJudge.open(mappedSource(set, KeyJudge.bytesOf(1)), 1);
      const { verdict, reason, e164, matchedLists } = checkPhoneNumber(keyJudge, {
        ...{ phoneNumber, belgian, listCount: serving.lists.length },
        optInDay: optInDate === undefined ? 0 : Math.max(0, parseIsoDay(optInDate)),
        todayDay: brusselsDay(Date.now()),
        approach,
        registers: view,
      });
      const lists = [...serving.versions, ...registerVersions(view)];
      // Same answer as from a server that does not disclose dates.
      const told = { registrationDate: '', matchedLists, lists };
      return { verdict, reason, e164, ...told, ...approach, notices: [] };
    },
    dedupe: async ({ workers, approach, advertiser }) =>
      embeddedRun(serving, {
        ...{ belgian, workers, approach, verified },
        registers: await registers?.viewOf(advertiser),
      }),
    async close() {
      set.close();
      await registers?.close();
    },
  };
}

/**
 * Checks every byte of the lists, on this thread: nothing else runs on it meanwhile, and another
 * one takes longer to start than a small list to verify. Errors: those of `verifyListFile`.
 */
async function verifyLists({ handles }: ListSet): Promise<void> {
  for (const handle of handles) await verifyListFile(handle);
}

interface EmbeddedRunOptions {
  readonly belgian: boolean;
  readonly workers: number;
  readonly approach: Approach;
  /** What they say from the beginning of the run to its end; undefined = none are kept. */
  readonly registers: RegisterView | undefined;
  /** Resolves when every byte of the lists has been checked. */
  verified(): Promise<void>;
}

/** A run whose numbers are judged on the threads that read the contacts. */
function embeddedRun(
  serving: Serving,
  { belgian, workers: threads, approach, registers, verified }: EmbeddedRunOptions,
): EngineRun {
  const todayDay = brusselsDay(Date.now());
  return {
    belgian,
    approach,
    numbersMax: KEYS_MAX,
    bytesMax: Number.MAX_SAFE_INTEGER,
    inFlightMax: BATCHES_IN_FLIGHT_MAX,
    local: {
      module: LOCAL_JUDGE_MODULE,
      threadsMax: threads,
      async prepare() {
        await verified();
        return prepareLocalJudge(serving.set, { threads, todayDay, approach, registers });
      },
      assertUsable: () => assertFresh(serving.lists, Date.now()),
    },
    answer: () => Promise.reject(new Error('an embedded run judges by itself')),
    async finish() {
      await assertUnchanged(serving);
      const named = registerVersions(registers);
      return {
        versions: [{ firstNumber: 0, lists: serving.versions }],
        registers: registersOf(named, named),
        notices: [],
      };
    },
    cancel: () => undefined,
  };
}

/**
 * Minutes may have passed since the lists were opened, and a list that is stale by now or a file
 * that was written to gives worthless answers. Errors: ERR_LIST_STALE, ERR_LIST_CHANGED.
 */
async function assertUnchanged(serving: Serving): Promise<void> {
  await serving.lookAtFiles();
  assertFresh(serving.lists, Date.now());
}
