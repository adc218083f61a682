import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import {
  ERROR_CODES,
  errorFromData,
  errorToData,
  ioError,
  shapeOf,
  TacetError,
} from '#tacet/errors.js';

describe('the shape of user data', () => {
  it.each([
    ['0475/12.34.56', '"9999/99.99.99"'],
    ['+32 475 12 34 56', '"+99 999 99 99 99"'],
    ['Jan Peeters;0475', '"AAA AAAAAAA;9999"'],
    ['', '""'],
    // Digits and letters of any script, also beyond the first plane.
    ['\u0660\u0664\u0667\uff15\u0966', '"99999"'],
    ['\u{1d7ce}\u{1d7d9}', '"99"'],
    ['\u00c9l\u00e9onore \u0416\u65e5', '"AAAAAAAA AA"'],
    // Numbers that are no decimal digits, and letters put together from two characters.
    ['\u2460\u00b2\u2167\u00bd\u2070', '"99999"'],
    ['e\u0301', '"AA"'],
    // What a terminal would obey, or hide.
    ['a\u0000b\u001b[31mc\r\n\t', '"A?A?[99AA???"'],
    ['0475\u202e123\u200b456\ufeff', '"9999?999?999?"'],
    ['a\u2028b\u2029c', '"A?A?A"'],
    ['a\ud800b', '"A?A"'],
    ['a\ue000b', '"A?A"'],
  ])('of %j is %s', (text, shape) => {
    expect(shapeOf(text)).toBe(shape);
  });

  it('keeps 40 characters and says where there were more', () => {
    expect(shapeOf('1'.repeat(40))).toBe(`"${'9'.repeat(40)}"`);
    expect(shapeOf('1'.repeat(41))).toBe(`"${'9'.repeat(40)}..."`);
    expect(shapeOf(`${'1'.repeat(39)}\u{1d7ce}`)).toBe(`"${'9'.repeat(39)}?..."`);
  });

  it('has no digit but 9 and no letter but A, whatever the text', () => {
    for (let start = 0; start < 0x110000; start += 16) {
      const text = String.fromCodePoint(...Array.from({ length: 16 }, (_, i) => start + i));
      const shape = shapeOf(text);
      if (!/^"[9A?\p{P}\p{S}\p{Zs}]*"$/u.test(shape))
        expect.fail(`U+${start.toString(16)}: ${shape}`);
    }
  });
});

describe('an error', () => {
  it('says where, what, expected, got and what to do, in this order', () => {
    const error = new TacetError('ERR_SOURCE_LINE', {
      what: 'a malformed line',
      expected: 'a date',
      got: '"99"',
      where: 'list.txt:7',
      fix: 'Correct the line',
    });
    expect(error.message).toBe(
      'list.txt:7: a malformed line, expected a date, got "99". Correct the line',
    );
    expect([error.name, error.code]).toEqual(['TacetError', 'ERR_SOURCE_LINE']);
    expect(error).toBeInstanceOf(Error);
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  });

  it.each([
    [{ what: 'w' }, 'w'],
    [{ what: 'w', expected: 'e' }, 'w, expected e'],
    [{ what: 'w', got: 'g' }, 'w, got g'],
    [{ what: 'w', fix: 'F' }, 'w. F'],
    [{ what: 'w', where: 'h' }, 'h: w'],
  ])('says only what it was given: %j', (detail, message) => {
    expect(new TacetError('ERR_IO', detail).message).toBe(message);
  });

  it('keeps its cause, and not in its message', () => {
    const cause = new Error('underneath');
    const error = new TacetError('ERR_IO', { what: 'w', cause });
    expect([error.cause, error.message]).toEqual([cause, 'w']);
  });

  it('has a code of its own, each named once', () => {
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
    expect(ERROR_CODES.filter((code) => !/^ERR_[A-Z]+(_[A-Z]+)*$/.test(code))).toEqual([]);
  });
});

/** Through a real thread and back. */
function throughThread(data: unknown): Promise<unknown> {
  const code = `const { parentPort, workerData } = require('node:worker_threads');
    parentPort.postMessage(workerData);`;
  const worker = new Worker(code, { eval: true, workerData: data });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

describe('an error as data', () => {
  it('keeps code, message and the text of the cause through a thread', async () => {
    const error = new TacetError('ERR_LIST_STALE', {
      what: 'w',
      expected: 'e',
      got: 'g',
      where: 'h',
      fix: 'F',
      cause: new RangeError('underneath'),
    });
    const data = (await throughThread(errorToData(error))) as ReturnType<typeof errorToData>;
    const back = errorFromData(data);
    expect(back).toBeInstanceOf(TacetError);
    expect([back.code, back.message]).toEqual([error.code, error.message]);
    expect(back.cause).toBe('RangeError: underneath');
    expect(back.detail).toEqual({ ...error.detail, cause: 'RangeError: underneath' });
    // A second time changes nothing.
    expect(errorToData(back)).toEqual(data);
  });

  it('has no cause where there was none', () => {
    const data = errorToData(new TacetError('ERR_LIMIT', { what: 'w' }));
    expect(data).toEqual({ code: 'ERR_LIMIT', detail: { what: 'w' } });
    expect(Object.hasOwn(errorFromData(data), 'cause')).toBe(false);
  });

  it('takes an error nobody foresaw for a defect, its stack kept for the log', () => {
    const data = errorToData(new TypeError('x is not a function'));
    expect(data.code).toBe('ERR_INTERNAL');
    expect(data.detail.what).toBe('internal error');
    expect(data.detail.cause).toMatch(/^TypeError: x is not a function\n {4}at /);
    expect(errorFromData(data).message).toBe('internal error');
  });

  it.each([
    ['a string', 'boom', 'boom'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a number', 7, '7'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an object', {}, '[object Object]'],
    ['an object without a text', Object.create(null), 'a value without a text'],
    [
      'an object whose text throws',
      {
        toString() {
          throw new Error('no');
        },
      },
      'a value without a text',
    ],
  ])('is made of anything thrown: %s', async (_, thrown, text) => {
    const data = errorToData(thrown);
    const expected = { code: 'ERR_INTERNAL', detail: { what: 'internal error', cause: text } };
    expect(await throughThread(data)).toEqual(expected);
    const wrapped = errorToData(new TacetError('ERR_IO', { what: 'w', cause: thrown }));
    expect(await throughThread(wrapped)).toEqual({
      code: 'ERR_IO',
      detail: thrown === undefined ? { what: 'w' } : { what: 'w', cause: text },
    });
  });

  it('is made of an error without a stack', () => {
    const error = new Error('bare');
    Reflect.deleteProperty(error, 'stack');
    expect(errorToData(error).detail.cause).toBe('Error: bare');
  });
});

describe('an error of the operating system', () => {
  const fail = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      return error;
    }
  };

  it('names the file, what was being done and why it failed', () => {
    const path = join(tmpdir(), 'tacet-no-such-file');
    const cause = fail(() => readFileSync(path));
    const error = ioError(path, 'open the list file', cause);
    expect(error.code).toBe('ERR_IO');
    expect(error.message).toBe(
      `${path}: cannot open the list file: no such file or directory. ` +
        'Check the path and its permissions',
    );
    expect(error.cause).toBe(cause);
    const onFolder = ioError(
      tmpdir(),
      'read',
      fail(() => readFileSync(tmpdir())),
    );
    expect(onFolder.message).toContain('cannot read: is a directory. ');
  });

  it.each([
    ['EACCES', 'permission denied', 'Check the path'],
    ['EPERM', 'operation not permitted', 'Check the path'],
    ['ENOTDIR', 'a part of the path is not a directory', 'Check the path'],
    ['ENOSPC', 'no space left on the device', 'Free some space'],
    ['EDQUOT', 'the disk quota is used up', 'Free some space'],
    ['EROFS', 'the file system is read-only', 'Check the path'],
    ['EMFILE', 'too many open files', 'Raise the limit'],
    ['EBADF', 'EBADF', 'Check the path'],
  ])('says %s in words', (code, reason, fix) => {
    const { message } = ioError('f', 'write', Object.assign(new Error('no'), { code }));
    expect(message.startsWith(`f: cannot write: ${reason}. ${fix}`)).toBe(true);
  });

  it('says what it can of anything else', () => {
    expect(ioError('f', 'read', new Error('odd')).message).toContain(
      'f: cannot read: Error: odd. ',
    );
    expect(ioError('f', 'read', 'constructor').message).toContain('f: cannot read: constructor. ');
  });
});
