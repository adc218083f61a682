import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { previewPage, recordedSource } from '../../../deploy/grafana/src/preview.ts';
import {
  contentOf,
  type PanelContent,
  type PreviewDashboard,
} from '../../../deploy/grafana/src/preview-values.ts';
import { dashboards } from '../../deploy/dashboards.ts';
import { LISTED, LISTED_DAY, TODAY, until, writeList } from '../../server/fixture.ts';
import { killWorker, startHere, startTraffic } from './faults.ts';
import { leavePicture } from './picture.ts';
import { PrometheusProcess } from './prometheus-process.ts';

/**
 * What somebody on call sees of a bad night, from the overview alone: one server is well; the other
 * refused its new list, goes stale within two days and loses worker after worker.
 */

const folder = mkdtempSync(join(tmpdir(), 'tacet-overview-'));
const cleanups: (() => unknown)[] = [];
const WORKERS_KILLED = 4;
const NUMBERS = new Map(Array.from({ length: 1000 }, (_, i) => [LISTED + i, LISTED_DAY]));

let well = '';
let bad = '';
let badSha256 = '';
let recorded: Parameters<typeof recordedSource>[0];

beforeAll(async () => {
  const wellPath = await writeList(join(folder, 'well.tacet'), NUMBERS);
  const snapshotDay = TODAY - 4;
  const badPath = await writeList(join(folder, 'bad.tacet'), NUMBERS, { snapshotDay });
  const servers = [await startHere(wellPath), await startHere(badPath)] as const;
  cleanups.push(...servers.map((server) => () => server.stop()));
  [well, bad] = servers.map(({ httpPort }) => `127.0.0.1:${httpPort}`) as [string, string];
  badSha256 = servers[1].lists.current?.versions[0]?.sha256 ?? '';
  const prometheus = await PrometheusProcess.start(folder, [well, bad]);
  cleanups.push(() => prometheus.stop());
  const start = Date.now() / 1000;
  cleanups.push(startTraffic(servers.map(({ grpcPort }) => grpcPort)));
  const sees = (expr: string): Promise<void> =>
    until(expr, async () => (await prometheus.query(expr)).length > 0, 30_000);
  await sees('min(rate(tacet_numbers_total{verdict="blocked"}[5s])) > 0');
  writeFileSync(`${badPath}.new`, 'this is not a list file');
  renameSync(`${badPath}.new`, badPath);
  expect(await servers[1].reload()).toBe('refused');
  await sees('tacet_list_last_reload_successful == 0');
  for (let killed = 1; killed <= WORKERS_KILLED; killed++) {
    await killWorker(servers[1], killed);
    await sees(`tacet_worker_restarts_total == ${killed}`);
  }
  await sees('ALERTS{alertname="TacetWorkersCrashing",alertstate="firing"}');
  const end = Date.now() / 1000;
  recorded = { url: prometheus.url, start, end, rateInterval: '10s' };
}, 120_000);

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  rmSync(folder, { recursive: true, force: true });
});

/** What the panel of this title shows. */
async function seen(title: string): Promise<PanelContent> {
  const overview = dashboards.find(({ uid }) => uid === 'tacet-overview');
  const panel = (overview as PreviewDashboard | undefined)?.panels.find(
    (candidate) => candidate.title === title,
  );
  if (panel === undefined) throw new Error(`no panel ${title}`);
  return contentOf(panel, recordedSource(recorded));
}

/** Brussels' midnight at the beginning of the sixth day after the snapshot. */
const staleFrom = new Date((TODAY + 2) * 86_400_000).toISOString().slice(0, 10);

describe('the overview, in a bad night', () => {
  it('says in red that a reload was refused', async () => {
    expect(await seen('Last reload of the list')).toEqual({
      kind: 'stat',
      values: [{ text: 'REFUSED', color: 'red' }],
    });
  });

  it('says in red how soon a list goes stale', async () => {
    const content = await seen('List goes stale in');
    expect(content).toMatchObject({ kind: 'stat', values: [{ color: 'red' }] });
    expect(JSON.stringify(content)).toMatch(/"text":"1 day, \d+ hours?"/);
  });

  it('says in red that workers crash, and names the server beside the page to read', async () => {
    expect(await seen('Workers crashed, 10 min')).toMatchObject({
      kind: 'stat',
      values: [{ text: expect.stringMatching(/^[45]$/), color: 'red' }],
    });
    const alerts = await seen('Alerts: click a name for its page');
    expect(alerts).toMatchObject({ columns: ['Severity', 'Alert', 'Server'] });
    expect(rowsOf(alerts)).toContainEqual(['critical', 'TacetWorkersCrashing', bad]);
  });

  it('shows which list each server serves, when it goes stale, and who refused one', async () => {
    const lists = await seen('Lists being served');
    const rows = rowsOf(lists);
    expect(rows).toHaveLength(2);
    const row = rows.find(([server]) => server === bad);
    expect(row).toContain(`${staleFrom} 00:00`);
    expect(row).toContain(badSha256.slice(0, 12));
    expect(row).toContain('REFUSED');
    expect(rows.find(([server]) => server === well)).toContain('good');
    expect(colorsOf(lists, 'Stale in')).toEqual({ [bad]: 'red', [well]: 'green' });
    expect(colorsOf(lists, 'Last reload')).toEqual({ [bad]: 'red', [well]: 'green' });
  });

  it('is drawn as a page, and as a picture where there is a Chromium', async () => {
    const page = await previewPage('overview', recorded);
    expect(page.match(/<section/g)).toHaveLength(15);
    expect(page.match(/<polyline/g)?.length).toBeGreaterThan(6);
    for (const text of ['REFUSED', 'TacetWorkersCrashing', bad]) expect(page).toContain(text);
    leavePicture('overview', page);
  });
});

/** The colour of a column, by the server in the first one. */
function colorsOf(content: PanelContent, column: string): Record<string, string | undefined> {
  if (content.kind !== 'table') throw new Error('not a table');
  const index = content.columns.indexOf(column);
  return Object.fromEntries(content.rows.map((row) => [row[0]?.text, row[index]?.color]));
}

function rowsOf(content: PanelContent): string[][] {
  if (content.kind !== 'table') throw new Error('not a table');
  return content.rows.map((row) => row.map(({ text }) => text));
}
