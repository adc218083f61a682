/** How contact files are written down; `decode` gives back what `encode` was given. */

export const ENCODINGS = ['utf-8', 'utf-8-sig', 'windows-1252', 'utf-16le', 'utf-16be'] as const;
export type Encoding = (typeof ENCODINGS)[number];

const MARK = '\ufeff';

/** The bytes of a text, behind the byte order mark where the encoding has one. */
export function encode(text: string, encoding: Encoding): Buffer {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(text);
    case 'utf-8-sig':
      return Buffer.from(MARK + text);
    case 'utf-16le':
      return Buffer.from(MARK + text, 'utf16le');
    case 'utf-16be':
      return Buffer.from(MARK + text, 'utf16le').swap16();
    case 'windows-1252':
      return Buffer.from(Array.from(text, windows1252Byte));
  }
}

/** The text of bytes, without the mark. Throws where the mark is missing. */
export function decode(bytes: Buffer, encoding: Encoding): string {
  if (encoding === 'windows-1252') return bytes.toString('latin1').replaceAll('\u0080', '€');
  if (encoding === 'utf-8') return bytes.toString();
  const swapped = encoding === 'utf-16be' ? Buffer.from(bytes).swap16() : bytes;
  const text = swapped.toString(encoding === 'utf-8-sig' ? 'utf8' : 'utf16le');
  if (!text.startsWith(MARK)) throw new Error(`no byte order mark in ${encoding}`);
  return text.slice(1);
}

/** Latin-1, and the euro sign: as much of Windows-1252 as the generators use. */
function windows1252Byte(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (character === '€') return 0x80;
  if (code > 0xff || (code >= 0x80 && code < 0xa0)) throw new Error('not in Windows-1252');
  return code;
}
