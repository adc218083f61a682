import type { X509Certificate } from 'node:crypto';
import { TacetError } from '../../errors.ts';
import { parseCheckpoint } from '../format/checkpoint.ts';
import { type Leaf, parseLeaf } from '../format/leaf.ts';
import { type Note, noteText, parseNote, type VerifierKey, verifyNote } from '../format/note.ts';
import { parseReceipt, type Receipt } from '../format/receipt.ts';
import { printable } from '../format/text.ts';
import { hashLeaf, rootOfInclusion } from '../format/tree.ts';
import { RowOpening } from '../rows/opening.ts';
import type { Row } from '../rows/rows.ts';
import { isQuorum, type Policy } from './policy.ts';
import { type TimeStamp, verifyTimeStamp } from './time-stamp.ts';

/** Who has to have signed, and what else is given. */
export interface Trust {
  readonly policy: Policy;
  /** A time stamp of the head, and the certificates it has to lead to. */
  readonly timeStamp?: { readonly bytes: Buffer; readonly trusted: readonly X509Certificate[] };
}

/** What is proved. */
export interface Proved {
  readonly leaf: Leaf;
  readonly index: number;
  readonly origin: string;
  /** Entries under the head of the receipt. */
  readonly size: number;
  /** The keys of the log that signed. */
  readonly keys: readonly string[];
  /** Witnesses of the policy that cosigned, each with its clock. */
  readonly cosigned: readonly { readonly witness: string; readonly timeUnix: number }[];
  readonly stamped: TimeStamp | undefined;
  /** Of an opening. */
  readonly row: (Row & { readonly index: number }) | undefined;
}

/**
 * Verifies a receipt, or the opening of a row with the receipt in it, against a policy. Needs
 * nothing else: no server, no network, no ledger. Errors: ERR_PROOF, saying what does not hold.
 */
export function verifyProof(bytes: Uint8Array, trust: Trust): Proved {
  const isOpening = bytes[0] === '{'.charCodeAt(0);
  const opening = isOpening ? RowOpening.parse(bytes) : undefined;
  const receipt = parseReceipt(opening ? Buffer.from(opening.receipt) : bytes);
  const leaf = parseLeaf(receipt.leaf);
  // What costs least comes first: signatures last.
  if (opening !== undefined) {
    const rows = 'rows' in leaf ? leaf.rows : null;
    if (rows === null) throw bad('the receipt commits to no rows');
    opening.verify(rows);
  }
  const row = opening && { ...opening.row, index: opening.index };
  return { leaf, index: receipt.index, row, ...verifyReceipt(receipt, trust) };
}

function verifyReceipt(receipt: Receipt, { policy, timeStamp }: Trust) {
  const { leaf, index, path, checkpoint } = receipt;
  const note = parseNote(checkpoint);
  const { origin, size, root } = parseCheckpoint(note.text);
  const inclusion = { leafHash: hashLeaf(leaf), index, path };
  if (!rootOfInclusion(inclusion, size).equals(root)) {
    throw bad('the entry is not in the log whose head this is');
  }
  const logs = policy.logs.filter(({ name }) => name === origin);
  const signed = verifyNote(note, [...logs, ...policy.witnesses.values()]);
  const keys = signed.filter(({ key }) => logs.includes(key)).map(({ key }) => key.text);
  if (keys.length === 0) {
    throw bad(`the policy has no log that signed it; its origin is ${printable(origin)}`);
  }
  const cosigned = [...policy.witnesses].flatMap(([witness, key]) => {
    const cosignature = signed.find((each) => each.key === key);
    return cosignature === undefined ? [] : [{ witness, timeUnix: cosignature.timeUnix ?? 0 }];
  });
  if (!isQuorum(policy, new Set(cosigned.map(({ witness }) => witness)))) {
    throw bad(`the quorum ${policy.quorum} has not cosigned it`);
  }
  const texts = [checkpoint, byLogAlone(note, logs)];
  const stamped = timeStamp && verifyTimeStamp(timeStamp.bytes, texts, timeStamp.trusted);
  return { origin, size, keys, cosigned, stamped };
}

/** A head as the log signed it, before any witness did: that is what was stamped. */
function byLogAlone(note: Note, logs: readonly VerifierKey[]): string {
  const own = note.signatures.filter((signature) => logs.some(({ id }) => id === signature.id));
  return noteText(
    note.text,
    own.map(({ line }) => line),
  );
}

function bad(what: string): TacetError {
  return new TacetError('ERR_PROOF', { what });
}
