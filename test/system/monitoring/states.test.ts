import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brusselsMidnightMs } from '#tacet/calendar/brussels.js';
import { formatIsoDay } from '#tacet/calendar/day.js';
import { TacetClient } from '#tacet/client/client.js';
import { previewPage, recordedSource } from '../../../deploy/grafana/src/preview.ts';
import {
  contentOf,
  type PanelContent,
  type PreviewDashboard,
  type Shown,
} from '../../../deploy/grafana/src/preview-values.ts';
import { dashboards } from '../../deploy/dashboards.ts';
import { LISTED, LISTED_DAY, TODAY, until, writeList } from '../../server/fixture.ts';
import { numbersUpTo, Place, textOf } from '../../sync/fixture.ts';
import { startHere } from './faults.ts';
import { leavePicture } from './picture.ts';
import { PrometheusProcess } from './prometheus-process.ts';

/**
 * What each panel says of a server in each state of its list: real servers, watched by a real
 * Prometheus, each chosen alone as an operator does. The pages are left in build/preview.
 */

const DAY_MS = 86_400_000;
const RATE_INTERVAL = '15s';
const folder = mkdtempSync(join(tmpdir(), 'tacet-states-'));
const cleanups: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];

/** The address of the server in each state. */
const instances: Record<string, string> = {};
let recorded: Parameters<typeof recordedSource>[0];

/** A store whose version of `age` days ago serves; `next` is what the next file holds, if any. */
async function storeOf(age: number, next?: 'more' | 'half'): Promise<Place> {
  const place = new Place();
  cleanups.push(() => place.remove());
  const numbers = numbersUpTo(TODAY - age, 3000).set(LISTED - 32 * 10 ** 9, TODAY - 100);
  const sync = (changed: ReadonlyMap<number, number>, nowMs: number) =>
    place.sync(textOf(new Map(changed)), {}, { nowMs: () => nowMs });
  await sync(numbers, Date.now() - (age - 1) * DAY_MS);
  if (next === 'more') await sync(numbers.set(480_000_000, TODAY - 1), Date.now());
  if (next === 'half') await sync(new Map([...numbers].slice(0, 1500)), Date.now());
  return place;
}

const fileOf = (name: string, age: number): Promise<string> =>
  writeList(join(folder, `${name}.tacet`), new Map([[LISTED, LISTED_DAY]]), {
    snapshotDay: TODAY - age,
  });

/** A store whose list is stale, on the word of an officer. */
async function overridden(): Promise<string> {
  const { store } = await storeOf(7);
  const atUnix = Math.floor(Date.now() / 1000);
  const override = { by: 'An Officer', reason: 'a test', atUnix, untilUnix: atUnix + 7260 };
  writeFileSync(join(store, 'override.json'), JSON.stringify(override));
  return store;
}

/** The list or store of each state; a server starts from no stale one, but one can become stale. */
async function places(): Promise<Record<string, string>> {
  return {
    fresh: await fileOf('fresh', 1),
    warning: await fileOf('warning', 3),
    stale: await overridden(),
    override: await overridden(),
    store: (await storeOf(2, 'more')).store,
    refused: (await storeOf(2, 'half')).store,
  };
}

/** Every verdict, five times a second; a stale server refuses, as it should. */
function ask(port: number): void {
  const client = new TacetClient(`127.0.0.1:${port}`);
  const phoneNumbers = ['0475 12 34 56', '0475 12 34 57', '+33 1 23 45 67 89', 'call me'];
  const contacts = [
    ...phoneNumbers.map((phoneNumber) => ({ phoneNumber })),
    { phoneNumber: '0475 12 34 56', optInDate: formatIsoDay(TODAY - 1) },
  ];
  const asking = setInterval(() => {
    Promise.all([client.batchCheck({ contacts }), client.check({ phoneNumber: '1' })]).catch(
      () => undefined,
    );
  }, 200);
  cleanups.push(() => {
    clearInterval(asking);
    client.close();
  });
}

beforeAll(async () => {
  const found = await places();
  for (const [state, path] of Object.entries(found)) {
    const server = await startHere(path);
    cleanups.push(() => server.stop());
    instances[state] = `127.0.0.1:${server.httpPort}`;
    ask(server.grpcPort);
  }
  const prometheus = await PrometheusProcess.start(folder, Object.values(instances));
  cleanups.push(() => prometheus.stop());
  const start = Date.now() / 1000;
  let end = start;
  const sees = (expr: string): Promise<void> =>
    until(
      expr,
      async () => {
        end = Date.now() / 1000;
        return (await prometheus.query(expr, end)).length > 0;
      },
      60_000,
    );
  rmSync(join(found['stale'] ?? '', 'override.json'));
  await sees('count(tacet_ready == 0) == 1');
  await sees('tacet_list_refused == 1');
  await until('there is something to draw', () => Date.now() / 1000 > start + 15);
  // All at one moment, or a scrape that a busy machine missed would leave a panel empty.
  const rates = `rate(tacet_numbers_total{verdict="blocked"}[${RATE_INTERVAL}])`;
  await sees(
    `count(up == 1) == 6 and count(${rates}) == 6 and count(${rates} > 0) == 5 ` +
      'and count(tacet_list_refused == 1) == 1',
  );
  recorded = { url: prometheus.url, start, end, rateInterval: RATE_INTERVAL };
}, 240_000);

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const STATES = ['fresh', 'warning', 'stale', 'override', 'store', 'refused'] as const;

/** Every panel of a dashboard, as it shows the server in a state. */
async function panelsOf(uid: string, state: string): Promise<Map<string, PanelContent>> {
  const found = dashboards.find((dashboard) => dashboard.uid === `tacet-${uid}`);
  // As generated, which a test holds it against.
  const { panels } = found as unknown as PreviewDashboard;
  const source = recordedSource({ ...recorded, instance: instances[state] ?? '' });
  const contents = panels.map(
    async (panel) => [panel.title, await contentOf(panel, source)] as const,
  );
  return new Map(await Promise.all(contents));
}

function only(content: PanelContent | undefined): Shown | undefined {
  return content?.kind === 'stat' ? content.values[0] : undefined;
}

const GREEN = 'green';
const NO_STORE = ['no store', 'text'] as const;
const NONE = ['none', GREEN] as const;
const STALE = ['STALE', 'red'] as const;
const ACCEPTED = ['accepted', GREEN] as const;

/** The age of a list that is as old as the day is long. */
const TODAY_SO_FAR = /^\d+ (seconds?|minutes?|hours?)$|^1 day$/;

/** Hours since midnight in Brussels. */
function hoursOfToday(): number {
  return (Date.now() - brusselsMidnightMs(TODAY)) / 3_600_000;
}

/** Text, or its shape, and colour of what the list dashboard says in each state. */
const SAID: Readonly<Record<string, readonly (readonly [string | RegExp, string])[]>> = {
  'Age of the list': [
    [TODAY_SO_FAR, GREEN],
    [/^2 days$/, 'orange'],
    [/^6 days$/, 'red'],
    [/^6 days$/, 'red'],
    [TODAY_SO_FAR, GREEN],
    // A warning from 26 hours on, and the list is a day old at midnight.
    [/^1 day$/, hoursOfToday() < 2 ? GREEN : 'orange'],
  ],
  'List goes stale in': [
    [/^4 days(, \d+ \w+)?$/, GREEN],
    [/^2 days(, \d+ \w+)?$/, 'orange'],
    STALE,
    STALE,
    [/^4 days(, \d+ \w+)?$/, GREEN],
    [/^3 days(, \d+ \w+)?$/, GREEN],
  ],
  'Newest file': [NO_STORE, NO_STORE, ACCEPTED, ACCEPTED, ACCEPTED, ['REFUSED', 'red']],
  'Override ends in': [
    NONE,
    NONE,
    NONE,
    [/^(2 hours, 0|1 hour, 59) minutes$/, 'orange'],
    NONE,
    NONE,
  ],
  'Changed in place': STATES.map(() => ['no', GREEN]),
  'Versions being served': STATES.map(() => ['1', GREEN]),
};

describe.each(STATES.map((state, index) => [state, index] as const))('%s:', (state, index) => {
  it('the list dashboard says so', async () => {
    const panels = await panelsOf('list', state);
    for (const [title, said] of Object.entries(SAID)) {
      const [text, color] = said[index] ?? [];
      const shown = only(panels.get(title));
      const matches = text instanceof RegExp ? expect.stringMatching(text) : text;
      expect([title, shown?.text, shown?.color]).toEqual([title, matches, color]);
    }
  });

  it('the overview says whether it serves', async () => {
    const panels = await panelsOf('overview', state);
    const serves = { text: 'all serve', color: GREEN };
    const not = { text: '1', color: 'red' };
    expect(only(panels.get('Servers not serving'))).toEqual(state === 'stale' ? not : serves);
    const goesStale = only(panels.get('List goes stale in'));
    const isStale = state === 'stale' || state === 'override';
    expect([goesStale?.text === 'STALE', goesStale?.color === 'red']).toEqual([isStale, isStale]);
  });

  it('no panel is without data, and what a file has no use for says so', async () => {
    for (const uid of ['overview', 'list', 'engine']) {
      for (const [title, content] of await panelsOf(uid, state)) {
        const isEmpty =
          (content.kind === 'series' && content.lines.length === 0) ||
          (content.kind === 'table' && content.rows.length === 0);
        const text =
          only(content)?.text ?? (isEmpty && 'noValue' in content ? content.noValue : '');
        expect([title, text]).not.toEqual([title, 'No data']);
      }
    }
    const ofStore = ['Fetches', 'Versions in the store'];
    const panels = await panelsOf('list', state);
    const isFile = index < 2;
    for (const title of ofStore) {
      const content = panels.get(title);
      if (content?.kind !== 'series') throw new Error(title);
      expect([title, content.lines.length === 0 && content.noValue]).toEqual([
        title,
        isFile && 'no store',
      ]);
    }
  });

  it('is drawn', async () => {
    // The engine is the same whatever the list.
    for (const name of ['overview', 'list', ...(state === 'store' ? ['engine'] : [])]) {
      const page = await previewPage(name, { ...recorded, instance: instances[state] ?? '' });
      expect(page.includes('>numbers/s<')).toBe(name === 'overview');
      leavePicture(`${state}-${name}`, page);
    }
  }, 120_000);
});

describe('verdicts', () => {
  it('have the colours that say what may be called', async () => {
    const content = (await panelsOf('overview', 'fresh')).get('Numbers answered a second');
    if (content?.kind !== 'series') throw new Error('no series');
    expect(Object.fromEntries(content.lines.map(({ name, color }) => [name, color]))).toMatchObject(
      {
        callable: 'green',
        'callable-opt-in': 'light-green',
        blocked: 'red',
        'not-covered': 'blue',
        unreadable: 'orange',
      },
    );
  });
});
