import { type ErrorCode, shapeOf, TacetError } from '../../errors.ts';

/** Something that is wrong with an access file. */
interface Fault {
  /** `clients.dialler-a.tokens[1].expires`, `line 3, column 5`; empty = the file as a whole. */
  readonly place: string;
  readonly what: string;
  readonly fix: string;
}

/** Nobody mends more in one go, and a file of rubbish must not take long to refuse. */
const FAULTS_MAX = 50;

interface FaultyFile {
  readonly code: ErrorCode;
  /** What a text calls it. */
  readonly subject: string;
}

const ACCESS_FILE: FaultyFile = { code: 'ERR_ACCESS_FILE', subject: 'the access file' };

/** Ends the reading of a file: there are faults enough, or the rest has no meaning. */
export class ReadingEnded extends Error {}

/** What is wrong with a file, in the order in which it was found. */
export class Faults {
  readonly listed: Fault[] = [];

  /** Throws {@link ReadingEnded} with the last fault that there is room for. */
  add(fault: Fault): void {
    this.listed.push(fault);
    if (this.listed.length >= FAULTS_MAX) throw new ReadingEnded();
  }

  /** Adds the fault that ends the reading. */
  end(fault: Fault): never {
    this.add(fault);
    throw new ReadingEnded();
  }

  /** One error that names them all; default: of an access file. */
  toError(path: string, { code, subject }: FaultyFile = ACCESS_FILE): TacetError {
    const count = this.listed.length;
    const isFull = count >= FAULTS_MAX;
    const counted = count === 1 ? 'a fault' : `${count} faults${isFull ? ' or more' : ''}`;
    const lines = this.listed.map((fault) => `\n  ${lineOf(fault)}`).join('');
    const what = `${subject} has ${counted}${lines}`;
    return new TacetError(code, { what, where: path });
  }
}

/** A fault as a line for people. */
function lineOf({ place, what, fix }: Fault): string {
  return `${place === '' ? '' : `${place}: `}${what}. ${fix}`;
}

/** A key in a place. One that is no name, or could be the hash of a token, as a shape. */
export function keyText(key: string): string {
  const isName = /^[A-Za-z0-9._*-]{1,64}$/.test(key) && !/[0-9a-f]{32}/i.test(key);
  return isName ? key : shapeOf(key);
}

/** A key or an index within another place; undefined stands for the file as a whole. */
export interface Place {
  readonly within: Place | undefined;
  readonly key: string | number;
}

/** A place as people read it. Only faults need it: a file has more values than faults. */
export function placeText(place: Place | undefined): string {
  if (place === undefined) return '';
  const { within, key } = place;
  if (typeof key === 'number') return `${placeText(within)}[${key}]`;
  return within === undefined ? keyText(key) : `${placeText(within)}.${keyText(key)}`;
}
