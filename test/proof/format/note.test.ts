import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from '#tacet/proof/format/base64.js';
import { checkpointText, parseCheckpoint } from '#tacet/proof/format/checkpoint.js';
import {
  noteText,
  parseNote,
  parseVerifierKey,
  signatureLine,
  type VerifierKey,
  verifierKeyOf,
  verifyNote,
} from '#tacet/proof/format/note.js';

const refused = (what: string) =>
  expect.objectContaining({ code: 'ERR_PROOF', message: expect.stringContaining(what) });

describe('base64', () => {
  it.each([
    ['AA==', 'zero'],
    ['', 'nothing'],
    ['+/+/', 'plus and slash'],
  ])('%j (%s) is decoded and encoded again', (text) => {
    expect(encodeBase64(decodeBase64(text, 'it'))).toBe(text);
  });

  it.each([
    ['AA', 'without padding'],
    ['AB==', 'with bits in the padding'],
    ['-_-_', 'in the alphabet for addresses'],
    ['AA==\n', 'with a line end'],
    [' AA==', 'with a space'],
    ['A*A=', 'with junk'],
    ['AA==AA==', 'twice'],
    ['AAA', 'cut'],
  ])('%j, %s, is refused', (text) => {
    expect(() => decodeBase64(text, 'it')).toThrow(refused('it is not canonical base64'));
  });

  it('of another length than must be is refused', () => {
    expect(() => decodeBase64('AAAA', 'a hash', 32)).toThrow(refused('expected 32, got 3'));
  });
});

/** From the documentation of golang.org/x/mod/sumdb/note. */
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const TEXT =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n";
const PETER_LINE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb' +
  '6KE6RyyBwJnAM=';

function newKey(name: string, type: 'ed25519' | 'cosignature' = 'ed25519') {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = verifierKeyOf(name, privateKey, type);
  return { privateKey, key, line: (text: string) => signatureLine(text, key, privateKey) };
}

const names = (note: string, keys: readonly VerifierKey[]) =>
  verifyNote(parseNote(note), keys).map(({ key }) => key.name);

describe('a signed note', () => {
  it("of Go's documentation verifies", () => {
    const key = parseVerifierKey(PETER);
    expect(key).toMatchObject({ name: 'PeterNeumann', id: 'c74f20a3', text: PETER });
    expect(names(noteText(TEXT, [PETER_LINE]), [key])).toEqual(['PeterNeumann']);
  });

  it('signed here is what Go would write, and verifies', () => {
    const { key, line } = newKey('ledger.firm.example/be1');
    const note = noteText(TEXT, [line(TEXT)]);
    expect(note).toBe(`${TEXT}\n— ledger.firm.example/be1 ${line(TEXT).split(' ')[2]}\n`);
    expect(names(note, [key])).toEqual([key.name]);
    expect(parseVerifierKey(key.text)).toMatchObject({ name: key.name, id: key.id });
  });

  it('has its text up to the last empty line', () => {
    const { key, line } = newKey('a');
    const text = 'one\n\ntwo\n';
    expect(parseNote(noteText(text, [line(text)])).text).toBe(text);
    expect(names(noteText(text, [line(text)]), [key])).toEqual(['a']);
  });

  it('may have signatures of unknown keys, also of another key with a known name', () => {
    const [known, other] = [newKey('a'), newKey('a')];
    const note = noteText(TEXT, [PETER_LINE, other.line(TEXT), known.line(TEXT)]);
    expect(names(note, [known.key])).toEqual(['a']);
    expect(names(note, [])).toEqual([]);
  });

  it('is refused where a known key fails, even beside one that verifies', () => {
    const [one, two] = [newKey('a'), newKey('b')];
    const note = noteText(TEXT, [one.line(TEXT), two.line(`${TEXT}more\n`)]);
    expect(() => names(note, [one.key, two.key])).toThrow(refused('signature of b does not'));
    expect(names(note, [one.key])).toEqual(['a']);
  });

  it('is refused where a known key signs twice', () => {
    const { key, line } = newKey('a');
    const note = noteText(TEXT, [line(TEXT), line(TEXT)]);
    expect(() => names(note, [key])).toThrow(refused('signed twice by a'));
  });

  it.each([
    ['no empty line', `${TEXT}${PETER_LINE}\n`],
    ['no line end', `${TEXT}\n${PETER_LINE}`],
    ['no signature', `${TEXT}\n`],
    ['a carriage return', `${TEXT}\r\n\n${PETER_LINE}\n`],
    ['a hyphen for the dash', `${TEXT}\n${PETER_LINE.replace('—', '-')}\n`],
    ['two spaces', `${TEXT}\n${PETER_LINE.replace(' ', '  ')}\n`],
    ['a plus in the name', `${TEXT}\n${PETER_LINE.replace('Peter', 'Peter+')}\n`],
    ['an ID alone', `${TEXT}\n— a x08gow==\n`],
    ['a hundred and one signatures', `${TEXT}\n${`${PETER_LINE}\n`.repeat(101)}`],
  ])('with %s is refused', (_, note) => {
    expect(() => parseNote(note)).toThrow(expect.objectContaining({ code: 'ERR_PROOF' }));
  });
});

describe('a cosignature', () => {
  /** c2sp.org/tlog-cosignature: a time and the text are signed. */
  function cosigned(text: string, timeUnix: number) {
    const { privateKey, key } = newKey('witness.example/w1', 'cosignature');
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(timeUnix));
    const message = Buffer.from(`cosignature/v1\ntime ${timeUnix}\n${text}`);
    const signature = sign(null, message, privateKey);
    const bytes = Buffer.concat([Buffer.from(key.id, 'hex'), time, signature]);
    return { key, line: `— ${key.name} ${encodeBase64(bytes)}` };
  }

  it('verifies with its time', () => {
    const { key, line } = cosigned(TEXT, 1_679_315_147);
    const [verified] = verifyNote(parseNote(noteText(TEXT, [line])), [key]);
    expect(verified).toMatchObject({ timeUnix: 1_679_315_147, key: { name: key.name } });
  });

  it('with a time that was not signed is refused', () => {
    const { key, line } = cosigned(TEXT, 1_679_315_147);
    const bytes = decodeBase64(line.split(' ')[2] ?? '', 'it');
    bytes[11] = (bytes[11] ?? 0) ^ 1;
    const other = `— ${key.name} ${encodeBase64(bytes)}`;
    expect(() => names(noteText(TEXT, [other]), [key])).toThrow(refused('does not verify'));
  });

  it('has another key ID than a plain signature of the same key and name', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const [plain, timed] = [
      verifierKeyOf('w', privateKey),
      verifierKeyOf('w', privateKey, 'cosignature'),
    ];
    expect(plain.id).not.toBe(timed.id);
    expect(parseVerifierKey(timed.text).type).toBe('cosignature');
  });
});

describe('a verifier key', () => {
  it('may have a plus in its base64', () => {
    for (let tries = 0; tries < 2_000; tries++) {
      const { key } = newKey('log.example');
      if (key.text.split('+').length === 3) continue;
      expect(parseVerifierKey(key.text).text).toBe(key.text);
      return;
    }
    expect.fail('2,000 keys without a plus');
  });

  it.each([
    ['nothing', ''],
    ['one part', 'log'],
    ['two parts', 'log+c74f20a3'],
    ['no name', PETER.replace('PeterNeumann', '')],
    ['another name', PETER.replace('Peter', 'Paul')],
    ['another ID', PETER.replace('c74f', 'c74e')],
    ['capitals in the ID', PETER.replace('c74f', 'C74F')],
    ['another key', PETER.replace('ARpc', 'ARpd')],
    ['another type', PETER.replace('+ARpc', '+Ahpc')],
    ['a longer key', `${PETER}AAAA`],
  ])('with %s is refused', (_, text) => {
    expect(() => parseVerifierKey(text)).toThrow(expect.objectContaining({ code: 'ERR_PROOF' }));
  });
});

describe('a checkpoint', () => {
  const root = Buffer.alloc(32, 7);
  const text = `log.example\n42\n${root.toString('base64')}\n`;

  it('is three lines', () => {
    expect(checkpointText({ origin: 'log.example', size: 42, root })).toBe(text);
    expect(parseCheckpoint(text)).toEqual({ origin: 'log.example', size: 42, root });
  });

  it.each([
    ['no origin', text.replace('log.example', '')],
    ['an extension line', `${text}more\n`],
    ['no last line end', text.slice(0, -1)],
    ['a leading zero', text.replace('42', '042')],
    ['a sign', text.replace('42', '+42')],
    ['a size of 2^53', text.replace('42', '9007199254740992')],
    ['no size', text.replace('42', '')],
    ['a short root', text.replace('Bwc=', '')],
  ])('with %s is refused', (_, changed) => {
    expect(() => parseCheckpoint(changed)).toThrow(expect.objectContaining({ code: 'ERR_PROOF' }));
  });
});
