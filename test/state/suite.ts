import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openState, type State, type StateOptions } from '#tacet/state/state.js';
import { budgetSuite } from './budget-suite.ts';

/** A database to test with. */
export interface Place {
  readonly location: string;
  readonly options?: StateOptions;
  /** Runs a statement behind the back of Tacet. */
  execute(sql: string): Promise<void>;
}

const DAY = 20_000;
interface EntryMore {
  readonly by?: string;
  readonly reason?: string;
  readonly atMs?: number;
  readonly releasedMs?: number;
}
const entry = (subject: string, more: EntryMore = {}) => ({
  id: randomUUID(),
  ...{ atMs: 1_000, by: 'tacet', reason: 'walks', releasedMs: 0 },
  ...more,
  subject,
});

/** What every driver has to do; `place` gives an empty database. */
export function stateSuite(place: () => Promise<Place>): void {
  const opened: State[] = [];
  async function open({ location, options }: Place, more: StateOptions = {}): Promise<State> {
    const state = await openState(location, { serve: true, ...options, ...more });
    opened.push(state);
    return state;
  }
  afterEach(async () => {
    for (const state of opened.splice(0)) await state.close();
  });

  budgetSuite(place, open);

  describe('who was stopped', () => {
    it('stays so, for the first reason, until it is released, by whom and why', async () => {
      const where = await place();
      const before = await open(where);
      await before.run('stop', entry('dialler', { reason: 'walks', atMs: 1 }));
      await before.run('stop', entry('dialler', { reason: 'again', atMs: 2 }));
      await before.close();
      const state = await open(where);
      const stopped = [{ subject: 'dialler', reason: 'walks', atMs: 1 }];
      expect(await state.run('stops')).toEqual({ stopped, released: [] });
      await state.run('release', entry('dialler', { by: 'An', reason: 'new base', atMs: 3 }));
      const released = [{ subject: 'dialler', atMs: 3 }];
      expect(await state.run('stops')).toEqual({ stopped: [], released });
      const trail = await state.run('auditTrail', { max: 10 });
      expect(trail).toMatchObject([
        { event: 'release', subject: 'dialler', by: 'An', reason: 'new base', atMs: 3 },
        { event: 'stop', subject: 'dialler', by: 'tacet', reason: 'walks', atMs: 1 },
      ]);
    });

    it('begins anew once it is released', async () => {
      const state = await open(await place());
      const answers = { client: 'dialler', day: DAY, numbers: 10, blocked: 9, releasedMs: 0 };
      await state.run('addAnswers', answers);
      const bytes = Uint8Array.of(0, 255, 39, 92);
      const seen = { subject: 'dialler', name: 'coverage/a', atMs: 1, bytes, releasedMs: 0 };
      await state.run('saveSighting', seen);
      await state.run('stop', entry('dialler'));
      await state.run('release', entry('dialler', { by: 'An' }));
      expect(await state.run('sightings', { subject: 'dialler', prefix: '' })).toEqual([]);
      const again = { ...answers, releasedMs: 1_000 };
      expect(await state.run('addAnswers', again)).toEqual({ numbers: 10, blocked: 9 });
    });

    it('is not stopped again by what was counted before its release', async () => {
      const state = await open(await place());
      const subject = 'dialler';
      const bytes = Uint8Array.of(1);
      const count = async (releasedMs: number) => [
        await state.run('stop', entry(subject, { releasedMs })),
        await state.run('saveSighting', { subject, name: 'asked', atMs: 1, bytes, releasedMs }),
        await state.run('addAnswers', {
          ...{ client: subject, day: DAY, numbers: 10, blocked: 9, releasedMs },
        }),
      ];
      await count(0);
      await state.run('release', entry(subject, { by: 'An', atMs: 5_000 }));
      // By a clock that is behind.
      await state.run('stop', entry(subject, { releasedMs: 5_000 }));
      await state.run('release', entry(subject, { by: 'An', atMs: 4_000 }));
      const released = [{ subject, atMs: 5_001 }];
      for (const before of [0, 4_000, 5_000]) {
        expect(await count(before)).toEqual([undefined, false, undefined]);
      }
      expect(await state.run('stops')).toEqual({ stopped: [], released });
      expect(await state.run('sightings', { subject, prefix: '' })).toEqual([]);
      expect(await count(5_001)).toEqual([undefined, true, { numbers: 10, blocked: 9 }]);
      expect((await state.run('stops')).stopped).toHaveLength(1);
    });

    it('is named to who asks for another, and nothing else of the group is lost', async () => {
      const state = await open(await place());
      const [stopped, refused, counted] = await Promise.allSettled([
        state.run('stop', entry('party:acme')),
        state.run('release', entry('dialler')),
        state.run('addAnswers', {
          ...{ client: 'crm', day: DAY, numbers: 3, blocked: 1, releasedMs: 0 },
        }),
      ]);
      expect(stopped.status).toBe('fulfilled');
      expect(refused).toMatchObject({
        reason: { code: 'ERR_USAGE', message: 'dialler: not stopped. These are: party:acme' },
      });
      expect(counted).toMatchObject({ value: { numbers: 3, blocked: 1 } });
    });
  });

  describe('what a watcher has seen', () => {
    it('comes back byte for byte, by the beginning of its name', async () => {
      const state = await open(await place());
      const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
      const save = (name: string, what: Uint8Array, subject = 'party:acme') =>
        state.run('saveSighting', { subject, name, atMs: 5, bytes: what, releasedMs: 0 });
      await save('coverage/b', bytes);
      await save('coverage/a', Uint8Array.of(1));
      await save('coverage/a', Uint8Array.of(2));
      await save('coverage', Uint8Array.of(3), 'party:other');
      await save('c%', Uint8Array.of(4));
      const found = await state.run('sightings', { subject: 'party:acme', prefix: 'coverage/' });
      expect(found.map(({ name }) => name)).toEqual(['coverage/a', 'coverage/b']);
      expect(found[0]?.bytes).toEqual(Uint8Array.of(2));
      expect(Buffer.from(found[1]?.bytes ?? []).equals(bytes)).toBe(true);
      const odd = await state.run('sightings', { subject: 'party:acme', prefix: 'c%' });
      expect(odd.map(({ name }) => name)).toEqual(['c%']);
    });
  });

  describe('the state', () => {
    it('of a newer Tacet is refused, and left as it is', async () => {
      const where = await place();
      await (await open(where)).close();
      await where.execute('INSERT INTO schema_versions (version, at_ms) VALUES (999, 0)');
      await expect(open(where)).rejects.toMatchObject({
        code: 'ERR_STATE',
        message: expect.stringContaining('a newer Tacet has written this state'),
      });
      await where.execute('DELETE FROM schema_versions WHERE version = 999');
      await open(where);
    });

    it('forgets old days, and only those', async () => {
      const state = await open(await place());
      const ask = { client: 'dialler', max: 10, want: 4 };
      for (const day of [DAY, DAY + 1]) await state.run('leaseNumbers', { ...ask, day });
      const bytes = Uint8Array.of(1);
      for (const subject of ['party:old', 'party:new', 'coverage']) {
        const atMs = subject === 'party:new' ? 2_000 : 1_999;
        await state.run('saveSighting', { subject, name: 'x', atMs, bytes, releasedMs: 0 });
      }
      await state.run('leaseChecks', { client: 'gone', max: 10, want: 10, nowMs: 1_999 });
      await state.run('leaseChecks', { client: 'here', max: 10, want: 10, nowMs: 2_000 });
      await state.run('forgetOld', { day: DAY + 1, atMs: 2_000 });
      const left = [DAY, DAY + 1].map((day) => state.run('leaseNumbers', { ...ask, day, want: 0 }));
      expect((await Promise.all(left)).map((granted) => granted.left)).toEqual([10, 6]);
      const kept = ['party:old', 'party:new', 'coverage'].map((subject) =>
        state.run('sightings', { subject, prefix: '' }),
      );
      expect((await Promise.all(kept)).map(({ length }) => length)).toEqual([0, 1, 1]);
      const buckets = ['gone', 'here'].map((client) =>
        state.run('leaseChecks', { client, max: 10, want: 0, nowMs: 2_000 }),
      );
      expect((await Promise.all(buckets)).map(({ level }) => level)).toEqual([10, 0]);
    });

    it('puts what comes at the same time into one commit', async () => {
      let commits = 0;
      const observer = { committed: () => commits++, failed: () => undefined };
      const state = await open(await place(), { observer, groupMs: 20 });
      commits = 0;
      const answers = { client: 'dialler', day: DAY, numbers: 1, blocked: 0, releasedMs: 0 };
      await Promise.all(Array.from({ length: 100 }, () => state.run('addAnswers', answers)));
      expect(commits).toBeLessThan(5);
    });

    it('tells a commit of what was written alone, and what failed', async () => {
      const told: string[] = [];
      const observer = {
        committed: () => told.push('committed'),
        failed: (_: unknown, what: string) => told.push(`${what} failed`),
      };
      const where = await place();
      const state = await open(where, { observer });
      told.length = 0;
      const write = () => state.run('returnNumbers', { client: 'dialler', day: DAY, count: 1 });
      await state.run('stops');
      expect(told).toEqual([]);
      await write();
      await where.execute('DROP TABLE stops');
      await expect(state.run('stops')).rejects.toMatchObject({ code: 'ERR_STATE' });
      await write();
      await where.execute('DROP TABLE numbers_spent');
      await expect(write()).rejects.toMatchObject({ code: 'ERR_STATE' });
      await state.run('sightings', { subject: 'party:acme', prefix: '' });
      expect(told).toEqual(['committed', 'read failed', 'committed', 'commit failed']);
    });

    it('answers nothing after it was closed', async () => {
      const state = await open(await place());
      await state.close();
      await expect(state.run('stops')).rejects.toMatchObject({ code: 'ERR_STATE' });
    });
  });
}
