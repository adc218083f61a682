import fs from 'node:fs';
import path from 'node:path';
import type { DedupeFilesOptions } from '#tacet/contacts/options.js';
import { byLastDigit, dedupeOnce, inFolder, TestAnswerer } from './scenario.ts';

/** Dedupes one small file; the outputs as latin1, one character a byte. */
export async function dedupe(content: string | Buffer, options: Partial<DedupeFilesOptions> = {}) {
  const answerer = new TestAnswerer(byLastDigit);
  const out = { callable: '', blocked: '', undecided: '' };
  let dialect: unknown;
  let rows = 0;
  let uneven: unknown;
  let doubts: unknown;
  await inFolder(async (folder) => {
    const place = (name: string) => path.join(folder, name);
    fs.writeFileSync(place('in'), content);
    const places = { callable: place('c'), blocked: place('b'), undecided: place('u') };
    const result = await dedupeOnce({ input: place('in'), ...places, ...options }, answerer);
    await result.commit();
    dialect = result.dialect;
    rows = result.rows;
    uneven = result.unevenRows;
    doubts = result.structureDoubts;
    out.callable = fs.readFileSync(places.callable, 'latin1');
    out.blocked = fs.readFileSync(places.blocked, 'latin1');
    out.undecided = fs.readFileSync(places.undecided, 'latin1');
  });
  return { ...out, dialect, rows, uneven, doubts, keys: answerer.keys };
}
