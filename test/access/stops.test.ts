import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ClientLimits } from '#tacet/access/limits/client-limits.js';
import { Stops } from '#tacet/access/limits/stops.js';
import { Folder, until } from '../cli/commands.ts';
import { byName, client, LIMITS, NOON_MS, Opened } from './fixture.ts';

const folder = new Folder();
const opened = new Opened(folder);
afterEach(() => opened.close());
afterAll(() => folder.remove());

const dialler = client('dialler', { party: 'acme' });
const crm = client('crm', { party: 'acme' });
const other = client('other', { party: 'beta' });

describe('a stop', () => {
  it('of a client is that of one, of a party of all its clients, and says why', async () => {
    const stops = opened.add(await Stops.open(await opened.state()));
    stops.stop('dialler', 'it walks');
    expect(() => stops.check(dialler)).toThrow('this client was stopped: it walks');
    stops.check(crm);
    stops.stop('party:acme', 'they walk');
    expect(() => stops.check(crm)).toThrow('they walk');
    stops.check(other);
  });

  it('is of a limit, so that programs can tell', async () => {
    const stops = opened.add(await Stops.open(await opened.state()));
    stops.stop('dialler', 'it walks');
    let refused: unknown;
    try {
      stops.check(dialler);
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ code: 'ERR_LIMIT', detail: { facts: { limit: 'stopped' } } });
  });

  it('lasts over restarts and reaches other servers, and so does a release', async () => {
    const place = folder.file('shared');
    const first = await opened.state(place);
    const told: string[] = [];
    const stops = await Stops.open(first, {
      ...{ pollMs: 10, onStop: (subject) => told.push(`stop ${subject}`) },
      onRelease: (subject) => told.push(`release ${subject}`),
    });
    stops.stop('dialler', 'it walks');
    await stops.close();
    await opened.close();
    const again = await opened.state(place);
    const restarted = await Stops.open(again, {
      ...{ pollMs: 10, onRelease: (subject) => told.push(`release ${subject}`) },
    });
    opened.add(restarted);
    expect(() => restarted.check(dialler)).toThrow('it walks');
    const person = await opened.state(place, { serve: false });
    const entry = { id: randomUUID(), atMs: 1, subject: 'dialler', by: 'An', reason: 'new base' };
    await person.run('release', entry);
    await until('the release to be seen', () => restarted.stopped.size === 0);
    restarted.check(dialler);
    const next = { ...entry, reason: 'again' };
    await person.run('stop', { ...next, id: randomUUID(), releasedMs: 1 });
    await until('the stop to be seen', () => restarted.stopped.size === 1);
    expect(told).toEqual(['stop dialler', 'release dialler']);
    // Released and stopped again between two looks.
    const mark = { subject: 'dialler', name: 'asked', atMs: 1, bytes: Uint8Array.of(1) };
    await Promise.all([
      person.run('release', { ...entry, id: randomUUID(), atMs: 2 }),
      person.run('stop', { ...next, id: randomUUID(), reason: 'walks on', releasedMs: 2 }),
    ]);
    await until('the release to be seen', () => told.length === 3);
    expect(restarted.stopped.get('dialler')).toBe('walks on');
    expect(await person.run('saveSighting', { ...mark, releasedMs: 1 })).toBe(false);
  });

  it('holds at once even where the state cannot be written', async () => {
    const state = await opened.state();
    const stops = await Stops.open(state);
    await state.close();
    stops.stop('dialler', 'it walks');
    expect(() => stops.check(dialler)).toThrow('it walks');
    await stops.close();
  });
});

describe('the share of blocked answers', () => {
  const half = { ...LIMITS, blockedShareMax: 50 };

  it('stops a client only beyond the limit, and once it has asked enough', async () => {
    const limits = opened.add(await ClientLimits.open(await opened.state(), half));
    limits.update(byName(dialler, crm));
    limits.answered(dialler, { numbers: 99, blocked: 99 });
    limits.answered(crm, { numbers: 1_000, blocked: 500 });
    expect(limits.stops.stopped.size).toBe(0);
    limits.answered(dialler, { numbers: 1, blocked: 1 });
    expect([...limits.stops.stopped]).toEqual([
      ['dialler', '100 of 100 numbers of a day were blocked, more than 50 %'],
    ]);
    expect(limits.stoppedClients).toEqual([
      ['dialler', true],
      ['crm', false],
    ]);
  });

  it('is that of the day, over restarts', async () => {
    const place = folder.file('shares');
    const nowMs = () => NOON_MS;
    const before = await ClientLimits.open(await opened.state(place), half, { nowMs });
    before.answered(dialler, { numbers: 60, blocked: 60 });
    await before.close();
    await opened.close();
    const after = await ClientLimits.open(await opened.state(place), half, { nowMs });
    opened.add(after);
    after.answered(dialler, { numbers: 50, blocked: 0 });
    await after.shares.save();
    expect(after.stops.stopped.size).toBe(1);
    expect(after.shares.shares).toEqual([['dialler', 60 / 110]]);
  });

  it('begins anew at midnight', async () => {
    let nowMs = NOON_MS;
    const state = await opened.state();
    const limits = opened.add(await ClientLimits.open(state, half, { nowMs: () => nowMs }));
    limits.answered(dialler, { numbers: 90, blocked: 90 });
    nowMs += 86_400_000;
    limits.answered(dialler, { numbers: 100, blocked: 5 });
    await limits.shares.save();
    expect(limits.shares.shares).toEqual([['dialler', 0.05]]);
    expect(limits.stops.stopped.size).toBe(0);
    nowMs += 86_400_000;
    expect(limits.shares.shares).toEqual([]);
  });

  it('of a day that could not be saved is kept until it can, and told if it never is', async () => {
    let nowMs = NOON_MS;
    const state = await opened.state();
    const limits = opened.add(await ClientLimits.open(state, half, { nowMs: () => nowMs }));
    limits.answered(dialler, { numbers: 9, blocked: 0 });
    await state.close();
    nowMs += 86_400_000;
    limits.answered(dialler, { numbers: 10, blocked: 0 });
    await limits.shares.save();
    await limits.shares.save();
    await limits.close();
    expect(limits.unsaved).toEqual({ answers: 19, parties: 0, stops: 0, accounts: 0 });
  });
});
