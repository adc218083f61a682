/** What is said of a proof, in one language. */
export interface Words {
  readonly verified: string;
  readonly notVerified: string;
  readonly brusselsTime: string;
  /** The heads of the lines. */
  readonly askedBy: string;
  readonly forWhom: string;
  readonly licences: string;
  readonly kindOfCall: string;
  readonly list: string;
  readonly registers: string;
  readonly verdicts: string;
  readonly files: string;
  readonly job: string;
  readonly when: string;
  readonly log: string;
  readonly signedBy: string;
  readonly before: string;
  readonly row: string;
  readonly entry: string;
  /** What an entry is the answer to. */
  readonly kinds: Readonly<Record<'dedupe' | 'part' | 'checks', string>>;
  /** Within them. `{}` stands for what is filled in, one after another. */
  readonly unknown: string;
  readonly none: string;
  /** Client. */
  readonly asClient: string;
  /** Day. */
  readonly until: string;
  /** Day, entries, time. */
  readonly listFacts: string;
  /** Who, why, until when. */
  readonly override: string;
  /** First, last. */
  readonly revisions: string;
  readonly purposes: Readonly<Record<'direct-marketing' | 'service', string>>;
  readonly channels: Readonly<Record<'person' | 'automated' | 'sms' | 'fax', string>>;
  /** Count of numbers. */
  readonly numbers: string;
  readonly counts: Readonly<
    Record<
      | 'callable'
      | 'blocked'
      | 'callable_opt_in'
      | 'not_covered'
      | 'unreadable'
      | 'not_applicable'
      | 'opt_in_unreadable',
      string
    >
  >;
  readonly roles: Readonly<Record<'input' | 'callable' | 'blocked' | 'undecided', string>>;
  /** Role, rows. */
  readonly fileRows: string;
  /** File, role: after --files. */
  readonly fileIs: string;
  /** List file: after --list. */
  readonly listIs: string;
  /** From, to. */
  readonly operatorsClock: string;
  /** Index, size. */
  readonly entryOf: string;
  /** Time, authority. */
  readonly stamped: string;
  /** Time, witness. */
  readonly cosigned: string;
  readonly nobodyElse: string;
  /** Index, origin: of an entry that is another part of the job. */
  readonly hasPart: string;
  /** Number, its index, verdict. */
  readonly rowIs: string;
  readonly unreadableNumber: string;
  /** Day. */
  readonly optInOf: string;
  readonly noOptIn: string;
  readonly notShown: string;
  /** What no proof shows: every call, opt-ins, the time. */
  readonly everyCall: string;
  readonly optIns: string;
  readonly timeByOperator: string;
  readonly timeBefore: string;
  /** Of a part of a job, or one of several parts. */
  readonly otherParts: string;
  /** Of a receipt that commits to no rows. */
  readonly singleNumbers: string;
}
