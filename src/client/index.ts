/** What a Node service imports from the package: the typed client. */
export { type ErrorCode, type ErrorDetail, TacetError } from '../errors.ts';
export type { Channel, Purpose } from '../verdict/approach.ts';
export {
  REASON_BAD_CHARACTER,
  REASON_BAD_UTF8,
  REASON_CHANNEL_NEEDS_OPT_IN,
  REASON_DECIMAL,
  REASON_EMPTY,
  REASON_EXTENSION,
  REASON_FOREIGN,
  REASON_LISTED,
  REASON_NAMES,
  REASON_NATIONAL_WRITING,
  REASON_NO_DIGITS,
  REASON_NOT_IN_PLAN,
  REASON_NOT_LISTED,
  REASON_OPT_IN_GIVEN,
  REASON_OPT_IN_IN_FUTURE,
  REASON_OPT_IN_LATER,
  REASON_OPT_IN_NOT_LATER,
  REASON_REGISTRATION_UNDATED,
  REASON_SCIENTIFIC,
  REASON_SERVICE_CALL,
  REASON_SEVERAL_NUMBERS,
  REASON_SPECIAL_NUMBER,
  REASON_TOO_LONG,
  REASON_TOO_SHORT,
  type Reason,
  verdictOfReason,
} from '../verdict/reason.ts';
export {
  mayCall,
  VERDICT_BLOCKED,
  VERDICT_CALLABLE,
  VERDICT_CALLABLE_OPT_IN,
  VERDICT_NAMES,
  VERDICT_NOT_APPLICABLE,
  VERDICT_NOT_COVERED,
  VERDICT_UNREADABLE,
  type Verdict,
} from '../verdict/verdict.ts';
export type {
  EditResponseMessage as RegisterEdited,
  ExportedEntryMessage as RegisterExported,
  FindResponseMessage as RegisterFound,
  LimitsMessage as Limits,
  ListVersionMessage as ListVersion,
  OverrideMessage as Override,
  SummaryMessage as Summary,
} from '../wire/gen/messages.ts';
export { EDIT_OPERATIONS, type RegisterEdit } from '../wire/registers/edit.ts';
export type { Keys } from '../wire/request-writer.ts';
export type { BatchVerdicts } from '../wire/response-reader.ts';
export {
  type AnsweredFor,
  type ApproachOptions,
  type AskedOptions as BatchOptions,
  matchedNames,
} from './approach.ts';
export type { Batch, Contact, ContactBatch } from './batch.ts';
export type { ConnectionOptions, TlsOptions } from './channel/channel.ts';
export {
  type BatchAnswer,
  type Check,
  type CheckResult,
  type ServedLists,
  TacetClient,
  type TacetClientOptions,
} from './client.ts';
export { epochDay, isoDate } from './dates.ts';
export { DedupeCall, type DedupeCallOptions } from './dedupe-call.ts';
export type { AnsweredFrom, DedupeSummary } from './reconciliation.ts';
export type { RegisterClient } from './registers/register-client.ts';
export type { ResumptionOptions } from './resumption.ts';
export type {
  AnsweredBatch,
  Batches,
  Contacts,
  PhoneNumbers,
  RestartOptions,
  TextBatch,
  VerdictBatches,
  VerdictSource,
  VerdictsOptions,
} from './verdict-batches.ts';
