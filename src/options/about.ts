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
  ['access', 'who may ask: check the access file, make tokens, see licences'],
  ['sample', 'synthetic lists and contact files'],
  ['health', 'whether a server serves: exit code 0, else 1'],
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
] as const;

/** What `tacet sample` makes. */
export const SAMPLE_ABOUT = [
  ['list', 'a synthetic list that looks like Belgium'],
  ['contacts', 'a synthetic contact file for such a list'],
] as const;
