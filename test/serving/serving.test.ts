import { appendFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { validUntilMs } from '#tacet/calendar/brussels.js';
import { formatIsoDay } from '#tacet/calendar/day.js';
import { TacetError } from '#tacet/errors.js';
import { Serving } from '#tacet/serving/serving.js';
import { openListSet } from '#tacet/threads/list-set.js';
import {
  afterTest,
  LISTED,
  SNAPSHOT,
  smallList,
  temporaryFolder,
  writeList,
} from '../server/fixture.ts';

const OVERRIDE = {
  by: 'An Officer',
  reason: 'the source is down',
  atUnix: 1000.5,
  untilUnix: 2000,
};
const NONE = { override: undefined, refusal: undefined };
const FOUND = { override: OVERRIDE, refusal: undefined };

async function servingOf(paths: readonly string[], mapping: 'auto' | 'shared' = 'auto') {
  const set = await openListSet(paths, { mapping });
  afterTest(() => set.close());
  return new Serving(set);
}

/** A list of one number, with a name of its own. */
function namedList(name: string): Promise<string> {
  return writeList(join(temporaryFolder(), `${name}.tacet`), new Map([[LISTED, 1]]), { name });
}

describe('what serves', () => {
  it('says which lists it is, and until when each is valid', async () => {
    const serving = await servingOf([await smallList()]);
    const [header] = serving.set.headers;
    expect(serving.versions).toEqual([
      {
        name: 'dncm',
        sha256: header?.sha256,
        snapshotDate: formatIsoDay(SNAPSHOT),
        entries: 2,
        validUntilUnix: validUntilMs(SNAPSHOT) / 1000,
        sourceSha256: '0'.repeat(64),
        override: null,
        revision: 0,
      },
    ]);
  });

  it('is the same as what was opened again from the same list, under whatever name', async () => {
    const list = await smallList();
    const [serving, again] = [await servingOf([list]), await servingOf([list])];
    const other = await servingOf([await namedList('other')]);
    expect(serving.isSameAs(again)).toBe(true);
    expect(serving.isSameAs(other)).toBe(false);
    serving.foundAs(['2026-01-02-abc']);
    expect(serving.names).toEqual(['2026-01-02-abc']);
  });
});

describe('an override', () => {
  it('shows for its list alone, whole seconds only, until it ends', async () => {
    const serving = await servingOf([await namedList('one'), await namedList('two')]);
    serving.override([NONE, FOUND]);
    expect(serving.lists.map(({ override }) => override)).toEqual([undefined, OVERRIDE]);
    expect(serving.versions.map(({ override }) => override)).toEqual([
      null,
      { by: 'An Officer', reason: 'the source is down', atUnix: 1000, untilUnix: 2000 },
    ]);
    serving.override([NONE, NONE]);
    expect(serving.versions.map(({ override }) => override)).toEqual([null, null]);
  });

  it('that changes nothing leaves the very same versions: they are kept encoded', async () => {
    const serving = await servingOf([await smallList()]);
    serving.override([FOUND]);
    const { versions } = serving;
    serving.override([{ ...FOUND, override: { ...OVERRIDE } }]);
    expect(serving.versions).toBe(versions);
    serving.override([NONE]);
    expect(serving.versions).not.toBe(versions);
    expect(versions[0]?.override?.by).toBe('An Officer');
  });
});

describe('a file that was changed in place', () => {
  it('marks its list, once, and what was opened of it stays as it was', async () => {
    const [one, two] = [await namedList('one'), await namedList('two')];
    const serving = await servingOf([one, two]);
    const before = structuredClone(serving.set.headers);
    expect(await serving.lookAtFiles()).toEqual([]);
    const { lists } = serving;
    appendFileSync(two, 'more');
    expect(await serving.lookAtFiles()).toMatchObject([{ name: 'two', file: two }]);
    expect(await serving.lookAtFiles()).toEqual([]);
    expect(serving.lists.map(({ changedInPlace }) => changedInPlace)).toEqual([false, true]);
    expect(lists.map(({ changedInPlace }) => changedInPlace)).toEqual([false, false]);
    expect(serving.set.headers).toEqual(before);
    expect(serving.isSameAs(await servingOf([one]))).toBe(false);
  });

  it('keeps its mark when an override comes', async () => {
    const list = await smallList();
    const serving = await servingOf([list]);
    appendFileSync(list, 'more');
    await serving.lookAtFiles();
    serving.override([FOUND]);
    expect(serving.lists).toMatchObject([{ changedInPlace: true, override: OVERRIDE }]);
  });

  it('is none where another was renamed over it, or its list was read into memory', async () => {
    const [renamed, copied] = [await smallList(), await smallList()];
    const [mapped, shared] = [await servingOf([renamed]), await servingOf([copied], 'shared')];
    renameSync(await smallList(), renamed);
    appendFileSync(copied, 'more');
    expect(await mapped.lookAtFiles()).toEqual([]);
    expect(await shared.lookAtFiles()).toEqual([]);
  });

  it('is none where the last call ended, and the file was closed, during the look', async () => {
    const serving = await servingOf([await smallList()]);
    const user = { expire: () => undefined };
    serving.hold(user);
    serving.supersede();
    const look = serving.lookAtFiles();
    serving.release(user);
    serving.set.close();
    expect(await look).toEqual([]);
  });
});

describe('what is superseded', () => {
  it('is over with its last user', async () => {
    const serving = await servingOf([await smallList()]);
    const [one, two] = [{ expire: () => undefined }, { expire: () => undefined }];
    serving.hold(one);
    serving.hold(two);
    expect(serving.release(one)).toBe(true);
    expect(serving.release(one)).toBe(false);
    serving.supersede();
    expect(serving.isOver).toBe(false);
    serving.release(two);
    expect(serving.isOver).toBe(true);
  });

  it('is over at once without one; what is not superseded never is', async () => {
    const serving = await servingOf([await smallList()]);
    expect(serving.isOver).toBe(false);
    serving.supersede();
    expect(serving.isOver).toBe(true);
  });

  it('tells all its users to end, and none that has ended', async () => {
    const serving = await servingOf([await smallList()]);
    const told: string[] = [];
    const users = ['a', 'b'].map((name) => ({
      expire: ({ code }: TacetError) => told.push(`${name} ${code}`),
    }));
    for (const user of users) serving.hold(user);
    if (users[0] !== undefined) serving.release(users[0]);
    serving.expire(new TacetError('ERR_LIST_SUPERSEDED', { what: 'a test' }));
    expect(told).toEqual(['b ERR_LIST_SUPERSEDED']);
  });
});
