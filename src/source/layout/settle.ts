import { TacetError } from '../../errors.ts';
import { checkText, forEachBlock, type SourceText } from '../blocks.ts';
import { lineEndOf, textEndOf } from '../line-ends.ts';
import { LineReader } from '../lines.ts';
import type { DateForm } from './date-forms.ts';
import { type Detection, detectLayout } from './detect.ts';
import type { Layout } from './layout.ts';

/** How many bytes detection looks at. */
const SAMPLE_BYTES = 262_144;

/** Detects the layout from the first lines, and from the whole file what they leave open. */
export async function settleLayout(text: SourceText): Promise<Layout> {
  const { file, lineBytesMax } = text;
  const { path } = file;
  const reading = file.startReading();
  const sample = new Uint8Array(SAMPLE_BYTES);
  let bytes: Uint8Array;
  try {
    bytes = sample.subarray(0, await reading.read(sample, 0, SAMPLE_BYTES));
  } finally {
    await reading.close();
  }
  checkText(bytes, path, true);
  const isWhole = bytes.length < SAMPLE_BYTES;
  const detection = detectLayout({ path, bytes, isWhole, lineBytesMax });
  if (detection.dateForms.length <= 1) return detection.layout;
  return { ...detection.layout, dateForm: await settleDateForm(text, detection) };
}

/**
 * The form of the first date in the file that only one form can read. The order of day and month is
 * settled for the whole file, never line by line.
 */
async function settleDateForm(
  text: SourceText,
  { layout, dateForms }: Detection,
): Promise<DateForm> {
  const readers = dateForms.map((dateForm) => ({
    dateForm,
    reader: new LineReader({ ...layout, dateForm }, Number.POSITIVE_INFINITY),
  }));
  let settled: DateForm | undefined;
  const read = (bytes: Uint8Array, start: number, end: number) => {
    const textEnd = textEndOf(bytes, start, end, layout.lineEnd);
    const fitting = readers.filter(({ reader }) => reader.read(bytes, start, textEnd) === null);
    return fitting.length === 1 ? fitting[0]?.dateForm : undefined;
  };
  let skipping = false; // within a line that is too long: malformed, so it settles nothing
  await forEachBlock(text, (bytes, length, isLast) => {
    let start = 0;
    while (start < length) {
      const end = lineEndOf(bytes, start, length, layout.lineEnd);
      if (end === length && !isLast) break;
      if (!skipping && end - start <= text.lineBytesMax) settled = read(bytes, start, end);
      if (settled !== undefined) return null;
      skipping = false;
      start = end + 1;
    }
    skipping ||= length - start > text.lineBytesMax + 1;
    return skipping ? length : Math.min(start, length);
  });
  if (settled !== undefined) return settled;
  throw new TacetError('ERR_SOURCE_LAYOUT', {
    what: `day and month cannot be told apart: every date reads as ${dateForms.join(' and as ')}`,
    where: text.file.path,
    fix: 'Say which it is with --layout FILE, "dateForm" in it',
  });
}
