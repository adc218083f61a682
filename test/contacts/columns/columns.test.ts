import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Column } from '#tacet/contacts/columns/columns.js';
import type { DedupeFilesOptions } from '#tacet/contacts/options.js';
import {
  byLastDigit,
  dedupeOnce,
  filesIn,
  inFolder,
  keysOf,
  TestAnswerer,
} from '../scan/scenario.ts';

async function dedupe(content: string, options: Partial<DedupeFilesOptions> = {}) {
  const answerer = new TestAnswerer(byLastDigit);
  let found: { column: Column | undefined; optInUnreadable: number } = {
    column: undefined,
    optInUnreadable: 0,
  };
  await inFolder(async (folder) => {
    const input = path.join(folder, 'in.csv');
    fs.writeFileSync(input, content);
    const callable = path.join(folder, 'c.csv');
    try {
      const result = await dedupeOnce({ input, callable, ...options }, answerer);
      await result.commit();
      found = { column: result.columns.dialled[0], optInUnreadable: result.optInUnreadable };
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
    expect((await dedupe(file, { columns: [column] })).column).toMatchObject({ number });
  });

  test('a name that is a number is a name first', async () => {
    const { keys } = await dedupe('a,1\n0475123451,0475123452\n', { columns: ['1'] });
    // The other column is looked up too.
    expect(keys).toEqual(keysOf('0475123452', '0475123451'));
  });

  test.each([
    ['a name that two columns have', 'TEL A', /2 columns have this name: 2 "Tel A", 3 "tel a"/],
    ['an unknown name', 'telephone', /no column "telephone".*1 "Name", 2 "Tel A"/],
    ['a number beyond the last', 5, /no column "5"/],
    ['the number 0', 0, /no column "0"/],
    ['a fraction', 1.5, /no column "1.5"/],
  ])('is wrong usage with %s', async (_, column, message) => {
    await expect(dedupe(file, { columns: [column] })).rejects.toMatchObject(usage(message));
  });

  test('can only be a number without a header', async () => {
    const found = dedupe('a,0475123451\n', { header: false, columns: ['a'] });
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
    const { column } = await dedupe('customer_id,customer_phone\n1000000001,0475123452\n');
    expect(column).toEqual({ number: 2, name: 'customer_phone' });
  });

  test('by what is in it, without a header', async () => {
    const { column, keys } = await dedupe('a;0475 12 34 51\nb;02 223 45 67\n', { header: false });
    expect(column).toEqual({ number: 2, name: null });
    expect(keys).toEqual(keysOf('0475 12 34 51', '02 223 45 67'));
  });

  test('not among enterprise numbers, whose digits look the same', async () => {
    const file = 'BTW-nummer,x,phone\n0475123451,,0475123452\n';
    expect((await dedupe(file)).column).toEqual({ number: 3, name: 'phone' });
  });

  test.each([
    ['none', 'id,name\n1,x\n', /no column is clearly the phone number.*1 "id", 2 "name"/],
    ['less than 60 %', 'id,c\n1,0475123451\n1,x\n', /no column is clearly/],
    ['two by name', 'phone,gsm\n0475123451,0475123452\n', /more than one.*1 "phone", 2 "gsm"/],
    ['two, one of which is a fax', 'fax,phone\n022223344,0475123452\n', /more than one.*"fax"/],
    [
      'a customer and a seller',
      'Tel. klant;Tel. verkoper\n0475123456;0475000000\n',
      /more than one/,
    ],
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
    const { column } = await dedupe(file, { optInColumns: ['b'] });
    expect(column).toEqual({ number: 2, name: 'a' });
  });
});

describe('a contact taken for a header', () => {
  test.each([
    ['asked by number', { columns: [2] }],
    ['found by content', {}],
    ['asked by a name that is not there', { columns: ['phone'] }],
  ])('is wrong usage, %s', async (_, options) => {
    const found = dedupe('Jan,0475123451\nAn,0475123452\n', options);
    await expect(found).rejects.toMatchObject(usage(/may be a contact.*Say --no-header/));
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
      const { answerer, optInUnreadable } = await dedupe(file, { optInColumns: [optInColumn] });
      expect(answerer.questions.map((question) => question.optIns)).toEqual([[20_484, 0, 0]]);
      expect(optInUnreadable).toBe(1);
    },
  );

  test('are left out of a batch that has none', async () => {
    const { answerer } = await dedupe(file, { optInColumns: ['since'], batchNumbers: 1 });
    expect(answerer.questions.map((question) => question.optIns)).toEqual([[20_484], null, null]);
  });

  test('are read as the format says, quotes aside', async () => {
    const dutch = 'phone;since\n0475123451;"31/01/2026"\n0475123452\n';
    const options = { optInColumns: ['since'], optInFormat: 'DD/MM/YYYY' };
    expect((await dedupe(dutch, options)).answerer.optIns).toEqual([20_484, 0]);
  });

  test('are wrong usage where the column or the format is none', async () => {
    await expect(dedupe(file, { optInColumns: ['x'] })).rejects.toMatchObject(
      usage(/--opt-in-column/),
    );
    const options = { optInColumns: ['since'], optInFormat: 'D.M.Y' };
    await expect(dedupe(file, options)).rejects.toMatchObject(usage(/--opt-in-format/));
  });
});

test('a first row that may be a contact is refused wherever its number is', async () => {
  for (const file of [
    'Jan;0475123456 (gsm)\nB;0475000000\n',
    'phone;a\t02/226.88.51\n0475000000;x\n',
    'phone;12-34-56-78\n0475000000;x\n',
    'phone;\u0660\u0664\u0667\u0665\u0661\u0662\u0663\u0664\n0475000000;x\n',
    "phone;'0475123456\n0475000000;x\n",
  ]) {
    const options = { columns: [1], separator: ';' };
    await expect(dedupe(file, options)).rejects.toMatchObject(usage(/--no-header/));
    expect((await dedupe(file, { ...options, header: true })).column?.number).toBe(1);
    expect((await dedupe(file, { ...options, header: false })).column?.name).toBe(null);
  }
  const years = 'phone;2024;2025-26\n0475000000;1;2\n';
  expect((await dedupe(years)).column).toEqual({ number: 1, name: 'phone' });
});

describe('several columns', () => {
  const file = 'a;b;c;d\n0475000001;0475000002;2026-01-31;2026-02-01\n';

  test('are judged in the order in which they are named, each with its own opt-in', async () => {
    const { answerer } = await dedupe(file, { columns: ['b', 'a'], optInColumns: ['d', 'c'] });
    expect(answerer.keys).toEqual(keysOf('0475000002', '0475000001'));
    expect(answerer.optIns).toEqual([20_485, 20_484]);
  });

  test.each<[string, Partial<DedupeFilesOptions>, RegExp]>([
    ['fewer opt-ins than columns', { columns: ['a', 'b'], optInColumns: ['c'] }, /--opt-in-column/],
    ['a column twice', { columns: ['a', 'A'] }, /named twice/],
    ['one that is also not dialled', { columns: ['a'], notDialled: ['a'] }, /named twice/],
    ['one that is also the opt-in', { columns: ['a'], optInColumns: ['a'] }, /named twice/],
    ['one that is not there', { columns: ['a'], notDialled: ['x'] }, /--not-dialled/],
    ['a country that is not there', { columns: ['a'], countryColumn: 'x' }, /--country-column/],
  ])('are wrong usage with %s', async (_, options, message) => {
    await expect(dedupe(file, options)).rejects.toMatchObject(usage(message));
  });
});

describe('a country column', () => {
  test.each([
    ['by its name', 'phone;country\n0475000000;\n'],
    ['by its name, a calling code', 'phone_number;phone_code\n475123456;32\n'],
    ['by its content', 'phone;x\n0475000000;BE\n0475000000;FR\n'],
    ['by its content, with plus signs', 'phone;x\n0475000000;+32\n0475000000;+33\n'],
  ])('that nobody named is refused, %s', async (_, file) => {
    await expect(dedupe(file)).rejects.toMatchObject(usage(/--country-column 2.*--region BE/));
    const { keys } = await dedupe(file, { regionTold: true });
    expect(keys).toHaveLength(file.split('\n').length - 2);
  });

  test.each(['update', 'Candidate', 'island', 'landline', 'playlands'])(
    'is none where its name is %j',
    async (name) => {
      const file = `phone;${name}\n0475000000;x\n`;
      expect((await dedupe(file, { columns: ['phone'] })).column).toMatchObject({ number: 1 });
    },
  );

  test('decides how national writing is read', async () => {
    const cells = ['BE', 'be', ' Be ', '"32"', '+32', '0032', 'FR', '33', 'x', '', '="BE"'];
    const rows = cells.map((cell, row) => `04750000${String(row).padStart(2, '0')};${cell}\n`);
    const file = `phone;land\n${rows.join('')}+33612345678;BE\n+32475000099;FR\n`;
    const read = async (regionTold: boolean) =>
      (await dedupe(file, { countryColumn: 'land', regionTold })).keys;
    const expected = (belgian: number[]) => [
      ...cells.map((_, row) => (belgian.includes(row) ? 32_475_000_000 + row : 0)),
      ...[33_612_345_678, 32_475_000_099],
    ];
    expect(await read(false)).toEqual(expected([0, 1, 2, 3, 4, 5, 10]));
    // Beside an empty cell it takes the region that was named.
    expect(await read(true)).toEqual(expected([0, 1, 2, 3, 4, 5, 9, 10]));
  });
});
