import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../deploy/dashboards.ts';

const OUT = join(ROOT, 'build/preview');

/** Leaves a page in build/preview, and a picture of it where there is a Chromium. */
export function leavePicture(name: string, page: string): void {
  mkdirSync(OUT, { recursive: true });
  const html = join(OUT, `${name}.html`);
  writeFileSync(html, page);
  try {
    execFileSync('chromium', ['--version'], { stdio: 'ignore' });
  } catch {
    return;
  }
  const picture = join(OUT, `${name}.png`);
  rmSync(picture, { force: true });
  const profile = mkdtempSync(join(tmpdir(), 'tacet-chromium-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars'];
  const more = ['--window-size=1500,1340', `--user-data-dir=${profile}`, `--screenshot=${picture}`];
  try {
    const options = { stdio: 'ignore', timeout: 60_000 } as const;
    execFileSync('chromium', [...flags, ...more, `file://${html}`], options);
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
  if (readFileSync(picture).subarray(1, 4).toString() !== 'PNG') throw new Error('no picture');
}
