import { describe, expect, it } from 'vitest';
import { parseReceipt, receiptText } from '#tacet/proof/format/receipt.js';
import { tilePath } from '#tacet/proof/format/tiles.js';

const hash = (byte: number): Buffer => Buffer.alloc(32, byte);
const checkpoint = `log\n3\n${hash(9).toString('base64')}\n\n— log AAAAAAAA\n`;
const receipt = { leaf: Buffer.from('{}'), index: 1, path: [hash(1), hash(2)], checkpoint };
const text = receiptText(receipt);

describe('a receipt', () => {
  it('is what c2sp.org/tlog-proof says', () => {
    expect(text.split('\n').slice(0, 6)).toEqual([
      'c2sp.org/tlog-proof@v1',
      'extra e30=',
      'index 1',
      hash(1).toString('base64'),
      hash(2).toString('base64'),
      '',
    ]);
    expect(parseReceipt(Buffer.from(text))).toEqual(receipt);
  });

  it('of a log with one entry has no hashes', () => {
    const alone = { ...receipt, index: 0, path: [] };
    expect(parseReceipt(Buffer.from(receiptText(alone)))).toEqual(alone);
  });

  it.each([
    ['another first line', text.replace('@v1', '@v2')],
    ['no entry', text.replace('extra e30=\n', '')],
    ['no index', text.replace('index 1\n', '')],
    ['a leading zero', text.replace('index 1', 'index 01')],
    ['a short hash', text.replace(hash(1).toString('base64'), 'AA==')],
    ['no checkpoint', text.slice(0, text.indexOf('\n\n'))],
    ['Windows line ends', text.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\ufeff${text}`],
    ['200,000 bytes', `${text}${'x'.repeat(200_000)}`],
  ])('with %s is refused', (_, changed) => {
    expect(() => parseReceipt(Buffer.from(changed))).toThrow(
      expect.objectContaining({ code: 'ERR_PROOF' }),
    );
  });
});

describe('a tile', () => {
  it.each([
    [{ level: 0, number: 0, width: 256 }, 'tile/0/000'],
    [{ level: 1, number: 1_234_067, width: 256 }, 'tile/1/x001/x234/067'],
    [{ level: 0, number: 273, width: 112 }, 'tile/0/273.p/112'],
    [{ level: 'entries', number: 1_000, width: 256 }, 'tile/entries/x001/000'],
  ] as const)('%j has the path %s', (tile, path) => {
    expect(tilePath(tile)).toBe(path);
  });
});
