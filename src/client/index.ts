/** What a Node service imports of the package: the typed client. */
export { type ErrorCode, TacetError } from '../errors.ts';
export {
  VERDICT_BLOCKED,
  VERDICT_CALLABLE,
  VERDICT_CALLABLE_OPT_IN,
  VERDICT_NAMES,
  VERDICT_NOT_COVERED,
  VERDICT_UNREADABLE,
  type Verdict,
} from '../verdict/verdict.ts';
export type { Keys } from '../wire/request-writer.ts';
export type {
  GetListsResponseMessage,
  LimitsMessage,
  ListVersionMessage,
  SummaryMessage,
} from '../wire/service.ts';
export { type Batch, encodeBatch } from './batch.ts';
export {
  type Check,
  type CheckResult,
  TacetClient,
  type TacetClientOptions,
} from './client.ts';
export { DedupeCall, type DedupeCallOptions } from './dedupe-call.ts';
export type { AnsweredFrom, BatchVerdicts, DedupeSummary } from './reconciliation.ts';
export type { ResumptionOptions } from './resumption.ts';
export type {
  AnsweredBatch,
  PhoneNumbers,
  RestartOptions,
  VerdictBatches,
  VerdictsOptions,
} from './verdict-batches.ts';
