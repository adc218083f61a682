import { randomUUID } from 'node:crypto';
import type { Register, RegisterOperation } from '../../registers/standing.ts';
import type { EditRequestMessage } from '../gen/messages.ts';

/** The operations, by their value on the wire; 0 is none. */
export const EDIT_OPERATIONS: readonly (RegisterOperation | undefined)[] = [
  undefined,
  'add',
  'lift',
  'lift-mistake',
];

/** An edit of a register: the same act on some numbers, done whole or not at all. */
export interface RegisterEdit {
  readonly register: Register;
  /** Whose; `*` = of everybody the server serves (objections only). */
  readonly advertiser: string;
  readonly operation: RegisterOperation;
  /** As written, at most 10,000. */
  readonly phoneNumbers: readonly string[];
  /**
   * Of the act, YYYY-MM-DD, not after today. Default today; an opt-in to add has none, a mistaken
   * one is the latest.
   */
  readonly day?: string | undefined;
  /** Instead of `day`, one for each number: whole days since 1970-01-01. */
  readonly epochDays?: readonly number[] | undefined;
  /** Where it came from: a form, a call. This and what follows: up to 200 characters. */
  readonly source?: string | undefined;
  /** The firm's own: a ticket, a recording. */
  readonly reference?: string | undefined;
  /** Who did it. */
  readonly by?: string | undefined;
  /** Why. */
  readonly reason?: string | undefined;
  /** Done once, however often it is sent: 1-64 of A-Z a-z 0-9 . _ -. Default: a random one. */
  readonly requestId?: string | undefined;
}

/** An edit as it is sent. */
export function editMessage(edit: RegisterEdit): EditRequestMessage {
  const { register, advertiser, operation, phoneNumbers, epochDays = [] } = edit;
  const { day = '', source = '', reference = '', by = '', reason = '' } = edit;
  return {
    requestId: edit.requestId ?? randomUUID(),
    ...{ register, advertiser, op: EDIT_OPERATIONS.indexOf(operation) },
    ...{ phoneNumbers: [...phoneNumbers], day, epochDays: [...epochDays] },
    ...{ source, reference, by, reason },
  };
}
