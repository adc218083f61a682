import { TacetError } from '../../errors.ts';
import { decodeBase64, encodeBase64 } from '../format/base64.ts';
import { canonicalJson, parseCanonicalJson } from '../format/canonical-json.ts';
import { integer, lines, list, matching, oneOf, record, type ValueOf } from '../format/fields.ts';
import { RECEIPT_BYTES_MAX } from '../format/receipt.ts';
import {
  GrowingTree,
  HASH_BYTES,
  hashesOf,
  hashLeaf,
  inclusionRanges,
  rootOfInclusion,
  type TreeNode,
} from '../format/tree.ts';
import {
  CHUNK_ROWS,
  commit,
  NUMBER_MAX,
  OPT_IN_DAY_MAX,
  type Row,
  RowCommitments,
  rowsKeyOf,
  SALT_BYTES,
  saltsOf,
} from './rows.ts';

const PATH_MAX = 64;
const VERDICT_MAX = 6;
/** A receipt whose line ends are escaped, and the hashes of a chunk and a path. */
const OPENING_BYTES_MAX = RECEIPT_BYTES_MAX + 65_536;

const base64 = matching(/^[A-Za-z0-9+/]+=*$/, 'base64');

const OPENING = record({
  format: oneOf('tacet-row-proof/v1'),
  index: integer(),
  number: integer(NUMBER_MAX),
  opt_in_day: integer(OPT_IN_DAY_MAX),
  verdict: integer(VERDICT_MAX),
  salt: base64,
  chunk: list(base64, CHUNK_ROWS - 1),
  path: list(base64, PATH_MAX),
  receipt: lines(RECEIPT_BYTES_MAX),
});

/** What the leaf of a receipt says of its rows. */
interface CommittedRows {
  readonly count: number;
  /** Hex. */
  readonly root: string;
}

/** A job whose rows are known: whoever has its secret and its rows can open each. */
interface OpenedJob {
  readonly secret: Uint8Array;
  /** Which of the job's streams the receipt is of; the first is 0. */
  readonly stream: number;
  /** All rows of that stream, in order. */
  readonly rows: Iterable<Row>;
  readonly receipt: string;
}

/** One row told, and what binds it to a receipt. The others stay untold. */
export class RowOpening {
  readonly #fields: ValueOf<typeof OPENING>;

  private constructor(fields: ValueOf<typeof OPENING>) {
    this.#fields = fields;
  }

  /**
   * Makes the opening of one row; reads all rows once. Errors: ERR_PROOF if there is no such row.
   *
   * @param index of the row, from 0
   */
  static make({ secret, stream, rows, receipt }: OpenedJob, index: number): RowOpening {
    const key = rowsKeyOf(secret, stream);
    const chunks: Buffer[] = [];
    let others: readonly Buffer[] = [];
    const opened = Math.floor(index / CHUNK_ROWS);
    const commitments = new RowCommitments(key, (chunk) => {
      if (chunks.length === opened) others = chunk.toSpliced(index % CHUNK_ROWS, 1);
      chunks.push(hashLeaf(Buffer.concat(chunk)));
    });
    let found: Row | undefined;
    let at = 0;
    for (const row of rows) {
      if (at++ === index) found = row;
      commitments.add(row);
    }
    commitments.finish();
    if (found === undefined) throw new TacetError('ERR_PROOF', { what: `no row ${index}` });
    const read = ({ level, number }: TreeNode): Buffer => {
      const tree = new GrowingTree();
      const leaves = 2 ** level;
      for (const hash of chunks.slice(number * leaves, (number + 1) * leaves)) tree.add(hash);
      return tree.root();
    };
    const path = hashesOf(inclusionRanges(opened, chunks.length), read);
    return new RowOpening({
      format: 'tacet-row-proof/v1',
      index,
      number: found.number,
      opt_in_day: found.optInDay,
      verdict: found.verdict,
      salt: encodeBase64(saltsOf(key, { first: index, count: 1 })),
      chunk: others.map(encodeBase64),
      path: path.map(encodeBase64),
      receipt,
    });
  }

  /** Reads an opening: canonical JSON and a line end. Nothing is verified. Errors: ERR_PROOF. */
  static parse(bytes: Uint8Array): RowOpening {
    const isOpening = bytes.length <= OPENING_BYTES_MAX && bytes.at(-1) === 10;
    if (!isOpening) throw new TacetError('ERR_PROOF', { what: 'not the opening of a row' });
    const value = parseCanonicalJson(bytes.subarray(0, -1), 'the opening');
    return new RowOpening(OPENING(value, 'the opening'));
  }

  get index(): number {
    return this.#fields.index;
  }

  get row(): Row {
    const { number, opt_in_day: optInDay, verdict } = this.#fields;
    return { number, optInDay, verdict };
  }

  /** As it stands; to be verified on its own. */
  get receipt(): string {
    return this.#fields.receipt;
  }

  /** As it is stored. */
  text(): string {
    return `${canonicalJson(this.#fields)}\n`;
  }

  /** Verifies that this row is the one committed to. Errors: ERR_PROOF. */
  verify({ count, root }: CommittedRows): void {
    const { index, salt, chunk, path } = this.#fields;
    const number = Math.floor(index / CHUNK_ROWS);
    const commitments = chunk.map((text) => decodeBase64(text, 'a commitment', HASH_BYTES));
    const own = commit(decodeBase64(salt, 'the salt', SALT_BYTES), this.row);
    const whole = commitments.toSpliced(index % CHUNK_ROWS, 0, own);
    const isThere =
      index < count && whole.length === Math.min(CHUNK_ROWS, count - number * CHUNK_ROWS);
    const inclusion = {
      leafHash: hashLeaf(Buffer.concat(whole)),
      index: number,
      path: path.map((text) => decodeBase64(text, 'a hash of the opening', HASH_BYTES)),
    };
    const isBound =
      isThere &&
      rootOfInclusion(inclusion, Math.ceil(count / CHUNK_ROWS)).equals(Buffer.from(root, 'hex'));
    if (!isBound) {
      throw new TacetError('ERR_PROOF', { what: 'the row is not one that the receipt commits to' });
    }
  }
}
