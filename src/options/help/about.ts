/** The commands of `tacet`, in the order of its help, and what each is for. */
export const ABOUT = [
  ['pack', 'pack the txt list into a list file'],
  ['verify', 'read every byte of a list file against the format'],
  ['inspect', 'show what a list file holds'],
  ['serve', 'answer over gRPC'],
  ['check', 'the verdict of single numbers'],
  ['dedupe', 'split a contact file by verdict'],
  ['list', 'the versions in a store: history, diff, rollback, prune ...'],
  ['sync', 'fetch the list into a store, guard it, let it serve'],
  ['access', 'who may ask: check the access file, make tokens, see licences, release'],
  ['register', 'objections and opt-ins: add, lift, find, export'],
  ['ledger', 'where proofs are kept: init, status, verify, export, erase ...'],
  ['proof', 'verify a receipt without server, network or ledger'],
  ['sample', 'synthetic lists and contact files'],
  ['health', 'whether a server serves: exit code 0, or 1'],
  ['completion', 'what makes bash, zsh or fish complete commands and options'],
  ['man', 'the manual page'],
] as const;

/** The actions of `tacet list`. */
export const LIST_ABOUT = [
  ['history', 'the versions, newest first'],
  ['diff', 'what was added, removed and re-dated between two versions'],
  ['rollback', 'let an earlier version serve again'],
  ['prune', 'remove old versions'],
  ['verify', 'read every byte of every version'],
  ['accept', 'let a refused source through'],
  ['override', 'leave to answer from a stale list, for at most 24 hours'],
] as const;

/** The actions of `tacet access`. */
export const ACCESS_ABOUT = [
  ['check', 'what is wrong with an access file'],
  ['token', 'make a token for a client'],
  ['licences', 'the licences, their days, and what a renewal costs'],
  ['release', 'let a client ask again that was stopped'],
] as const;

/** The actions of `tacet register`. */
export const REGISTER_ABOUT = [
  ['add', 'enter objections or opt-ins'],
  ['lift', 'an objection no longer holds, an opt-in was withdrawn, or it was a mistake'],
  ['find', 'what stands of a number, and who did what, when and why'],
  ['export', 'all that stands in a register'],
] as const;

/** The actions of `tacet ledger`. */
export const LEDGER_ABOUT = [
  ['init', 'make a ledger and its key; prints the verifier key'],
  ['status', 'what was signed last'],
  ['verify', 'read every entry, every hash and every head'],
  ['rotate', 'let a new key sign, and the old one beside it for a while'],
  ['export', 'the log as static files, for those who watch it'],
  ['erase', 'drop what a job said, and keep its hash'],
] as const;

/** The actions of `tacet proof`. */
export const PROOF_ABOUT = [
  ['verify', 'whether a receipt, or the opening of a row, holds, and what it says'],
] as const;

/** What `tacet sample` makes. */
export const SAMPLE_ABOUT = [
  ['list', 'a synthetic list that looks like Belgium'],
  ['contacts', 'a synthetic contact file for such a list'],
] as const;
