import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { keyOf } from '#tacet/sample/numbers.js';
import { sampleName, sampleTown } from '#tacet/sample/people.js';
import { Random, WeightedChoice } from '#tacet/sample/random.js';
import { WRITINGS } from '#tacet/sample/writings.js';

/** A contact file, `;` between the columns, nothing quoted, every number Belgian and readable. */
export const CONTACT_COLUMNS = ['contact_id', 'name', 'phone', 'postcode', 'city'];

/** Text gathered before it is written. */
const CHUNK_CHARACTERS = 1 << 18;
const HIT_SHARE = 0.21;

/**
 * The writings that a few SQL functions can normalise: ASCII and the no-break space, on one line.
 * The others of `tacet sample` (other scripts, invisible marks) would be answered wrongly by the
 * peers.
 */
const PLAIN_WRITINGS = new WeightedChoice(
  WRITINGS.filter(({ write }) => {
    const random = new Random(1, 0);
    return Array.from({ length: 100 }, (_, index) =>
      write(index % 2 === 0 ? '475123456' : '21234567', random),
    ).every((text) => /^[\x20-\x7e\u00a0]+$/.test(text));
  }),
);

/**
 * Writes `rows` contacts, 21 % of them drawn from `listed`, the rest from `others`, some of which
 * are listed too. `clean`: numbers as 32475123456, else as people write them.
 */
export async function writeContacts(
  path: string,
  data: {
    rows: number;
    clean: boolean;
    listed: Float64Array;
    others: Float64Array;
  },
): Promise<void> {
  const random = new Random(7, 0);
  const out = createWriteStream(path);
  let text = `${CONTACT_COLUMNS.join(';')}\n`;
  for (let row = 1; row <= data.rows; row++) {
    const keys = random.chance(HIT_SHARE) ? data.listed : data.others;
    const key = keys[random.below(keys.length)]!; // In range: below its length.
    const { postcode, city } = sampleTown(random);
    const name = sampleName(random).replace(';', ' &');
    const phone = data.clean ? key : writeNational(nationalOf(key), random);
    text += `C${String(row).padStart(8, '0')};${name};${phone};${postcode};${city}\n`;
    if (text.length < CHUNK_CHARACTERS && row < data.rows) continue;
    if (!out.write(text)) await once(out, 'drain');
    text = '';
  }
  out.end();
  await once(out, 'close');
}

function writeNational(national: number, random: Random): string {
  return PLAIN_WRITINGS.pick(random).write(String(national), random);
}

function nationalOf(key: number): number {
  const national = key < 32_000_000_000 ? key - 3_200_000_000 : key - 32_000_000_000;
  if (keyOf(national) !== key) throw new Error('not a Belgian number');
  return national;
}

/** What tells the rows of output files apart from other rows, in whatever order they are. */
export interface Signature {
  rows: number;
  sum: number;
  /** Of the squares, modulo 2^32. */
  squares: number;
}

/** Of all contact ids in files. */
export async function signatureOf(paths: readonly string[]): Promise<Signature> {
  const signature = { rows: 0, sum: 0, squares: 0 };
  await eachContactId(paths, (id) => {
    signature.rows++;
    signature.sum += id;
    signature.squares = (signature.squares + Math.imul(id, id)) >>> 0;
  });
  return signature;
}

/** Reads the contact ids of files; lines that do not begin with one, headers, are left out. */
export async function eachContactId(
  paths: readonly string[],
  visit: (id: number) => void,
): Promise<void> {
  for (const path of paths) {
    let id = -1; // digits read of an id, -1 = elsewhere in the line
    let atStart = true;
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      for (const byte of chunk as Buffer) {
        if (id >= 0 && byte >= 0x30 && byte <= 0x39) id = id * 10 + byte - 0x30;
        else if (id >= 0) {
          visit(id);
          id = -1;
        } else if (atStart && byte === 0x43) id = 0; // "C"
        atStart = byte === 0x0a;
      }
    }
  }
}
