import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type DedupeFilesOptions, dedupeFiles } from '#tacet/csv/dedupe.js';
import { byLastDigit, filesIn, inFolder, keysOf, TestAnswerer } from './scenario.ts';

async function dedupe(content: string, options: Partial<DedupeFilesOptions> = {}) {
  const answerer = new TestAnswerer(byLastDigit);
  let found: { column: unknown; optInUnreadable: number } = { column: null, optInUnreadable: 0 };
  await inFolder(async (folder) => {
    const input = path.join(folder, 'in.csv');
    fs.writeFileSync(input, content);
    const callable = path.join(folder, 'c.csv');
    try {
      const result = await dedupeFiles({ input, callable, ...options }, answerer);
      await result.commit();
      found = { column: result.column, optInUnreadable: result.optInUnreadable };
    } catch (error) {
      expect(filesIn(folder)).toEqual(['in.csv']);
      throw error;
    }
  });
  return { ...found, keys: answerer.keys, answerer };
}

function usage(message: RegExp) {
  return { code: 'ERR_USAGE', message: expect.stringMatching(message) };
}

describe('the phone column asked for', () => {
  const file = 'Name,Tel A,tel a,Mobile Phone \nx,0475123451,0475123452,0475123453\n';

  test.each([
    ['an exact name', 'tel a', 3],
    ['a name in another case, spaces aside', ' MOBILE phone', 4],
    ['a number', 2, 2],
    ['a number as text', '2', 2],
  ])('is found by %s', async (_, column, number) => {
    expect((await dedupe(file, { column })).column).toMatchObject({ number });
  });

  test('a name that is a number is a name first', async () => {
    const { keys } = await dedupe('a,1\n0475123451,0475123452\n', { column: '1' });
    expect(keys).toEqual(keysOf('0475123452'));
  });

  test.each([
    ['a name that two columns have', 'TEL A', /2 columns have this name: 2 "Tel A", 3 "tel a"/],
    ['an unknown name', 'telephone', /no column "telephone".*1 "Name", 2 "Tel A"/],
    ['a number beyond the last', 5, /no column "5"/],
    ['the number 0', 0, /no column "0"/],
    ['a fraction', 1.5, /no column "1.5"/],
  ])('is wrong usage with %s', async (_, column, message) => {
    await expect(dedupe(file, { column })).rejects.toMatchObject(usage(message));
  });

  test('can only be a number without a header', async () => {
    const found = dedupe('a,0475123451\n', { header: false, column: 'a' });
    await expect(found).rejects.toMatchObject(usage(/the first row has 2/));
  });
});

describe('the phone column found', () => {
  test.each([
    'phone',
    'Phone Number',
    'Telephone',
    'TEL.',
    'gsm',
    'GSM-nummer',
    'Mobile',
    'Telefoon',
    'Telefoonnummer',
    'T\u00e9l\u00e9phone',
    'Num\u00e9ro de t\u00e9l\u00e9phone',
    'N\u00b0 t\u00e9l\u00e9phone',
    'msisdn',
  ])('by its name %j', async (name) => {
    const { column } = await dedupe(`id,${name},note\n1,geen,x\n`);
    expect(column).toEqual({ number: 2, name });
  });

  test('by what is in it', async () => {
    const rows = Array.from({ length: 10 }, (_, i) => `${i},${i < 6 ? `047512345${i}` : 'x'},,a`);
    const { column } = await dedupe(`id,contact,leeg,stad\n${rows.join('\n')}\n`);
    expect(column).toEqual({ number: 2, name: 'contact' });
  });

  test('by what is in it, where its name speaks of phones and of customers', async () => {
    const { column } = await dedupe('customer_id,customer_phone\n0475123451,0475123452\n');
    expect(column).toEqual({ number: 2, name: 'customer_phone' });
  });

  test('by what is in it, without a header', async () => {
    const { column, keys } = await dedupe('a;0475 12 34 51\nb;02 223 45 67\n', { header: false });
    expect(column).toEqual({ number: 2, name: null });
    expect(keys).toEqual(keysOf('0475 12 34 51', '02 223 45 67'));
  });

  test('not among enterprise and fax numbers, whose digits look the same', async () => {
    const file = 'BTW-nummer,fax,phone\n0475123451,022223344,0475123452\n';
    expect((await dedupe(file)).column).toEqual({ number: 3, name: 'phone' });
  });

  test.each([
    ['none', 'id,name\n1,x\n', /no column is clearly the phone number.*1 "id", 2 "name"/],
    ['less than 60 %', 'id,c\n1,0475123451\n1,x\n', /no column is clearly/],
    ['two by name', 'phone,gsm\n0475123451,0475123452\n', /more than one.*1 "phone", 2 "gsm"/],
    ['one by name, one by content', 'phone,c\n0475123451,0475123452\n', /more than one/],
  ])('is wrong usage with %s', async (_, file, message) => {
    await expect(dedupe(file)).rejects.toMatchObject(usage(message));
  });
});

describe('columns that only look like phone numbers', () => {
  test.each([
    ['days first', '14/02/2020', '15/02/2020'],
    ['days first with dots', '14.02.2020', '01.02.1980'],
    ['years first', '2020-02-14', '1980-12-01'],
    ['days first without separators', '14022020', '15022020'],
    ['years first without separators', '19800214', '19801201'],
    ['eight-digit numbers of a customer', '32123456', '21234567'],
  ])('are not taken for it: %s', async (_, first, second) => {
    const file = `naam;nummer;sinds\nA;+33140000000;${first}\nB;+33140000001;${second}\n`;
    await expect(dedupe(file)).rejects.toMatchObject(usage(/no column is clearly the phone/));
  });

  test('do not stand in the way of the one that is', async () => {
    const file = 'naam;nr2;sinds\nA;0475123456;14/02/2020\nB;0475123457;15/02/2020\n';
    expect((await dedupe(file)).keys).toEqual(keysOf('0475123456', '0475123457'));
  });

  test('the column of the opt-ins is never it', async () => {
    const file = 'naam;a;b\nA;0475123456;021234567\nB;0475123457;021234568\n';
    const { column } = await dedupe(file, { optInColumn: 'b' });
    expect(column).toEqual({ number: 2, name: 'a' });
  });
});

describe('a contact taken for a header', () => {
  test.each([
    ['asked by number', { column: 2 }],
    ['found by content', {}],
    ['asked by a name that is not there', { column: 'phone' }],
  ])('is wrong usage, %s', async (_, options) => {
    const found = dedupe('Jan,0475123451\nAn,0475123452\n', options);
    await expect(found).rejects.toMatchObject(usage(/not a header.*Use --no-header/));
    await expect(dedupe('Jan,0475123451\n', options)).rejects.not.toMatchObject({
      message: expect.stringMatching(/Jan|0475/),
    });
  });
});

describe('opt-ins', () => {
  const file = 'phone,since,other\n0475123451,2026-01-31,x\n0475123452,,y\n0475123453,soon,z\n';

  test('are not read unless the column is named', async () => {
    const { answerer, optInUnreadable } = await dedupe(file);
    expect(answerer.questions.map((question) => question.optIns)).toEqual([null]);
    expect(optInUnreadable).toBe(0);
  });

  test.each([['since'], ['SINCE'], ['2']])(
    'are asked as days from column %j',
    async (optInColumn) => {
      const { answerer, optInUnreadable } = await dedupe(file, { optInColumn });
      expect(answerer.questions.map((question) => question.optIns)).toEqual([[20_484, 0, 0]]);
      expect(optInUnreadable).toBe(1);
    },
  );

  test('are left out of a batch that has none', async () => {
    const { answerer } = await dedupe(file, { optInColumn: 'since', batchNumbers: 1 });
    expect(answerer.questions.map((question) => question.optIns)).toEqual([[20_484], null, null]);
  });

  test('are read as the format says, quotes aside', async () => {
    const dutch = 'phone;since\n0475123451;"31/01/2026"\n0475123452\n';
    const options = { optInColumn: 'since', optInFormat: 'DD/MM/YYYY' };
    expect((await dedupe(dutch, options)).answerer.optIns).toEqual([20_484, 0]);
  });

  test('are wrong usage where the column or the format is none', async () => {
    await expect(dedupe(file, { optInColumn: 'x' })).rejects.toMatchObject(
      usage(/--opt-in-column/),
    );
    const options = { optInColumn: 'since', optInFormat: 'D.M.Y' };
    await expect(dedupe(file, options)).rejects.toMatchObject(usage(/--opt-in-format/));
  });
});
