import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openView } from '#tacet/registers/look-up.js';
import type { RegisterView } from '#tacet/registers/view.js';
import { openState, type State } from '#tacet/state/state.js';
import { openRegisterViews, type RegisterViews } from '#tacet/state/views/register-views.js';
import type { Place } from './suite.ts';

const TODAY = 20_000;
const A = 32_475_123_456;
const B = 32_475_123_457;

type Edit = Parameters<State['run']>[1] & { numbers: readonly number[] };

/** An objection of `alpha` against A, today, unless told otherwise. */
function edit(more: object = {}) {
  const numbers = 'numbers' in more ? (more as Edit).numbers : [A];
  return {
    ...{ requestId: randomUUID(), register: 'objections' as const, operation: 'add' as const },
    ...{ advertiser: 'alpha', numbers, days: numbers.map(() => TODAY) },
    isDayGiven: true,
    ...{ source: 'letter', reference: 'T-1', by: 'An', reason: 'asked', atMs: 1_000 },
    ...more,
  };
}

const optIn = (day: number, more: object = {}) =>
  edit({ register: 'opt-ins', days: [day], ...more });

/** What the registers say of numbers: `!` = objected, and the opt-in that counts. */
function said(view: RegisterView, numbers: readonly number[], asked = 0): string[] {
  const words = Uint32Array.from(numbers.flatMap((key) => [key % 2 ** 32, key / 2 ** 32]));
  const optInDays = new Uint32Array(numbers.length).fill(asked);
  const objected = new Uint32Array(numbers.length);
  const looked = { words, count: numbers.length, optInDays, todayDay: TODAY, objected };
  const objections = new Set(objected.subarray(0, openView(view).look(looked)));
  return [...optInDays].map((day, index) => `${objections.has(index) ? '!' : ''}${day}`);
}

/** What every database has to do with registers; `place` gives an empty one. */
export function registerSuite(place: () => Promise<Place>): void {
  const opened: { close(): Promise<void> }[] = [];
  async function open(at: Place): Promise<State> {
    const state = await openState(at.location, { serve: true, ...at.options });
    opened.push(state);
    return state;
  }
  async function follow(at: Place, more: object = {}): Promise<RegisterViews> {
    const driver = at.options?.driver;
    const views = await openRegisterViews(at.location, { pollMs: 20, driver, ...more });
    opened.push(views);
    return views;
  }
  /** A place with edits done, and its views. */
  async function edited(...edits: object[]) {
    const at = await place();
    const state = await open(at);
    for (const each of edits) await state.run('editRegister', edit(each));
    const views = await follow(at);
    return { at, state, views };
  }
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  describe('an edit', () => {
    it('says what it changed; the same request again is the same answer', async () => {
      const state = await open(await place());
      const first = edit({ numbers: [A, B] });
      const answer = { revision: 1, changed: 2, unchanged: 0, objected: [] };
      expect(await state.run('editRegister', first)).toEqual(answer);
      expect(await state.run('editRegister', { ...first, atMs: 9_999 })).toEqual(answer);
      expect(await state.run('registerRevision')).toBe(1);
      const again = edit({ numbers: [A, B, B + 1] });
      expect(await state.run('editRegister', again)).toEqual({
        ...answer,
        ...{ revision: 2, changed: 1, unchanged: 2 },
      });
    });

    it('with the request_id of another is refused, and others of its group are done', async () => {
      const state = await open(await place());
      const first = edit();
      await state.run('editRegister', first);
      const other = { ...first, advertiser: 'beta' };
      const [refused, done] = await Promise.allSettled([
        state.run('editRegister', other),
        state.run('editRegister', edit({ advertiser: 'gamma' })),
      ]);
      expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'ERR_REQUEST' } });
      expect(done).toMatchObject({ status: 'fulfilled', value: { revision: 2, changed: 1 } });
    });

    it('without a day is the same request on the next day', async () => {
      const state = await open(await place());
      const first = edit({ isDayGiven: false });
      const answer = await state.run('editRegister', first);
      expect(await state.run('editRegister', { ...first, days: [TODAY + 1] })).toEqual(answer);
      const dated = edit();
      await state.run('editRegister', dated);
      await expect(
        state.run('editRegister', { ...dated, days: [TODAY + 1] }),
      ).rejects.toMatchObject({ code: 'ERR_REQUEST' });
    });

    it.each([
      ['of the advertiser', { advertiser: 'alpha' }, [0]],
      ['of the firm', { advertiser: '*' }, [0]],
      ['of another advertiser', { advertiser: 'beta' }, []],
    ])('to opt in is refused for the objection %s', async (_, objection, objected) => {
      const state = await open(await place());
      await state.run('editRegister', edit(objection));
      const both = optIn(TODAY, { numbers: [A, B], days: [TODAY, TODAY] });
      expect(await state.run('editRegister', both)).toMatchObject({ objected });
      const left = optIn(TODAY, { numbers: [A] });
      await state.run('editRegister', edit({ ...objection, operation: 'lift' }));
      expect(await state.run('editRegister', left)).toMatchObject({ objected: [] });
    });

    it('of thousands of numbers is done whole', async () => {
      const { state, views } = await edited();
      const numbers = Array.from({ length: 2_345 }, (_, index) => A + index);
      const answer = await state.run('editRegister', edit({ numbers }));
      expect(answer).toMatchObject({ changed: 2_345, unchanged: 0 });
      await views.look();
      const view = await views.viewOf('alpha');
      expect(said(view, [A - 1, ...numbers, A + 2_345])).toEqual([
        ...['0', ...numbers.map(() => '!0'), '0'],
      ]);
    });
  });

  describe('what stands', () => {
    it('is told by advertiser, with every act: who, when and why', async () => {
      const { state } = await edited(
        { advertiser: 'beta', days: [TODAY - 3] },
        optIn(TODAY - 9),
        { operation: 'lift', advertiser: 'beta', by: 'Bo', reason: 'called back' },
        { advertiser: 'beta', operation: 'lift' },
        { numbers: [B] },
      );
      const number = A;
      expect(await state.run('registerStandings', { number })).toEqual([
        { advertiser: 'alpha', number, objectionDay: 0, endedDay: 0, optInDay: TODAY - 9 },
        { advertiser: 'beta', number, objectionDay: 0, endedDay: TODAY - 3, optInDay: 0 },
      ]);
      const acts = await state.run('registerHistory', { number });
      expect(acts.map(({ revision, register, operation }) => [revision, register, operation]))
        // What changed nothing is no act.
        .toEqual([
          [1, 'objections', 'add'],
          [2, 'opt-ins', 'add'],
          [3, 'objections', 'lift'],
        ]);
      expect(acts[2]).toEqual({
        ...{ revision: 3, register: 'objections', advertiser: 'beta', operation: 'lift' },
        ...{ day: TODAY, source: 'letter', reference: 'T-1', by: 'Bo', reason: 'called back' },
        atMs: 1_000,
      });
    });

    it('has every act that says something new, though another stands', async () => {
      const { state } = await edited(
        ...[{ days: [TODAY - 3] }, { days: [TODAY - 5] }, { days: [TODAY - 3] }],
        ...[optIn(TODAY - 9, { advertiser: 'beta' }), optIn(TODAY - 12, { advertiser: 'beta' })],
        optIn(TODAY - 20, { advertiser: 'beta', operation: 'lift-mistake' }),
      );
      const acts = await state.run('registerHistory', { number: A });
      expect(acts.map(({ day }) => TODAY - day)).toEqual([3, 5, 9, 12]);
    });

    it('comes in pages', async () => {
      const { state } = await edited({ numbers: [B, A] }, { advertiser: '*', numbers: [B] });
      const found: string[] = [];
      let after = { advertiser: '', number: 0, max: 2 };
      for (;;) {
        const page = await state.run('registerPage', after);
        found.push(...page.map(({ advertiser, number }) => `${advertiser} ${number}`));
        const last = page.at(-1);
        if (last === undefined) break;
        after = { ...after, advertiser: last.advertiser, number: last.number };
      }
      expect(found).toEqual([`* ${B}`, `alpha ${A}`, `alpha ${B}`]);
    });

    it('of a mistaken opt-in is what stood without it', async () => {
      const { state, views } = await edited(optIn(TODAY - 9), optIn(TODAY - 5), optIn(TODAY - 7));
      const mistake = (day: number) => optIn(day, { operation: 'lift-mistake' });
      const steps: [number, string][] = [
        [0, `${TODAY - 7}`],
        [TODAY - 9, `${TODAY - 7}`],
        [TODAY - 7, '0'],
        [0, '0'],
      ];
      for (const [day, left] of steps) {
        await state.run('editRegister', mistake(day));
        await views.look();
        expect(said(await views.viewOf('alpha'), [A])).toEqual([left]);
      }
      // The same day can be added again.
      await state.run('editRegister', optIn(TODAY - 7));
      await views.look();
      expect(said(await views.viewOf('alpha'), [A])).toEqual([`${TODAY - 7}`]);
    });
  });

  describe('a view', () => {
    it('has the objections of an advertiser and of the firm; without one, of all', async () => {
      const { views } = await edited({ numbers: [A] }, { advertiser: '*', numbers: [B] });
      expect(said(await views.viewOf('alpha'), [A, B, B + 1])).toEqual(['!0', '!0', '0']);
      expect(said(await views.viewOf('beta'), [A, B, B + 1])).toEqual(['0', '!0', '0']);
      expect(said(await views.viewOf(''), [A, B, B + 1])).toEqual(['!0', '!0', '0']);
    });

    it.each([
      ['', '0', `${TODAY - 9}`],
      ['alpha', `${TODAY - 2}`, `${TODAY - 2}`],
      ['beta', '0', '0'],
      ['gamma', '0', `${TODAY - 9}`],
    ])('for %j has the opt-ins that count', async (advertiser, kept, asked) => {
      const { views } = await edited(
        ...[optIn(TODAY - 2), optIn(TODAY - 4, { advertiser: 'beta' })],
        optIn(TODAY - 4, { advertiser: 'beta', operation: 'lift' }),
      );
      expect(said(await views.viewOf(advertiser), [A])).toEqual([kept]);
      const old = said(await views.viewOf(advertiser), [A], TODAY - 9);
      // Without an advertiser, anybody's withdrawal ends the request's opt-ins.
      expect(old).toEqual([advertiser === '' ? '0' : asked]);
    });

    it('changes with every edit, also by another process, and never back', async () => {
      const { at, state, views } = await edited();
      expect(said(await views.viewOf('alpha'), [A])).toEqual(['0']);
      const before = await views.viewOf('alpha');
      await state.run('editRegister', edit());
      await views.look();
      expect(said(await views.viewOf('alpha'), [A])).toEqual(['!0']);
      expect(said(before, [A])).toEqual(['0']);
      expect((await views.viewOf('alpha')).revision).toBe(1);
      const command = await openState(at.location, { ...at.options });
      opened.push(command);
      await command.run('editRegister', edit({ operation: 'lift' }));
      await expect
        .poll(async () => said(await views.viewOf('alpha'), [A]), { timeout: 5_000 })
        .toEqual(['0']);
      // Its end of opt-ins stays.
      expect(said(await views.viewOf('alpha'), [A], TODAY)).toEqual(['0']);
    });

    it('that was not asked for is read while edits go on, and misses none', async () => {
      const { state, views } = await edited();
      const numbers = Array.from({ length: 300 }, (_, index) => A + index);
      const edits = numbers.map((number) => state.run('editRegister', edit({ numbers: [number] })));
      const early = await views.viewOf('alpha');
      await Promise.all(edits);
      await views.look();
      expect(said(await views.viewOf('alpha'), numbers)).toEqual(numbers.map(() => '!0'));
      expect(early.revision).toBeLessThanOrEqual(300);
    });

    it('leaves memory to others, and is read anew when it is asked for', async () => {
      const { at, state } = await edited();
      for (const advertiser of ['alpha', 'beta', 'gamma']) {
        await state.run('editRegister', edit({ advertiser }));
      }
      const views = await follow(at, { bytesMax: 1 });
      for (const advertiser of ['alpha', 'beta', 'gamma', 'alpha']) {
        expect(said(await views.viewOf(advertiser), [A, B])).toEqual(['!0', '0']);
        await views.look();
      }
      await state.run('editRegister', edit({ operation: 'lift' }));
      await views.look();
      expect(said(await views.viewOf('alpha'), [A])).toEqual(['0']);
    });

    it.each(['*', 'a b', 'x'.repeat(65), 'é'])('is of no advertiser like %j', async (name) => {
      const { views } = await edited();
      expect(() => views.viewOf(name)).toThrow('malformed advertiser');
    });

    it('is refused once it is too old', async () => {
      const { views } = await edited(edit());
      await views.close();
      expect(() => views.viewOf('alpha')).toThrow('have not been read for too long');
    });
  });
}
