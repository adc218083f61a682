import { readSmallFile } from '../../disk/small-file.ts';
import { TacetError } from '../../errors.ts';
import type { ValuesOf } from '../../options/option.ts';
import { PROOF_VERIFY_OPTIONS } from '../../options/proof.ts';
import { helpOf } from '../../options/table.ts';
import { readJobSecret } from '../../proof/rows/secret.ts';
import { parsePolicy } from '../../proof/verify/policy.ts';
import { readCertificates } from '../../proof/verify/time-stamp.ts';
import { fill, notShown, tell, WORDS } from '../../proof/verify/told.ts';
import { type Proved, type Trust, verifyProof } from '../../proof/verify/verify.ts';
import {
  type Command,
  EXIT_DONE,
  EXIT_FAILED,
  oneOperand,
  readArguments,
  usage,
} from '../arguments.ts';
import { print } from '../print.ts';
import { compareList, roleOf } from './compare.ts';

/** More than any receipt, policy, time stamp or certificates have. */
const FILE_BYTES_MAX = 4 << 20;

type Values = ValuesOf<typeof PROOF_VERIFY_OPTIONS>;

/** `tacet proof verify`: whether a proof holds. */
export const command: Command = {
  help: `Usage: tacet proof verify RECEIPT|OPENING --policy F [--tsr F --tsa-ca F] [--list L.tacet]
                          [--files F... --job-secret F] [--lang en|nl|fr|de] [--json]

Verifies a receipt, or the opening of one row with the receipt in it, and says in plain words who
asked, for whom, which list, when and by whose clock, which verdicts, and what is not shown. Needs
no server, no network and no ledger. A policy names the keys that count, as the firm published them:
  log ledger.firm.example/be1+8a2c...+AW...
  quorum none
Exit code 0: verified, and all that was given besides fits. 1: not. 2: wrong usage.

${helpOf(PROOF_VERIFY_OPTIONS)}`,
  async run(args) {
    const one = oneOperand('RECEIPT');
    const { values, operands: path } = readArguments(args, PROOF_VERIFY_OPTIONS, one);
    const trust = await trustOf(values);
    const { jobSecret } = values;
    const secret = jobSecret === undefined ? undefined : await readJobSecret(jobSecret);
    const bytes = await read(path);
    const words = WORDS[values.language];
    try {
      const proved = verifyProof(bytes, trust);
      const compared = await compare(proved, values, secret);
      if (values.json) await print(jsonOf(proved, compared));
      else
        await print(
          `${path}: ${words.verified}\n\n${tell(proved, words, textsOf(compared, words))}`,
        );
      return EXIT_DONE;
    } catch (error) {
      if (!(error instanceof TacetError) || error.code !== 'ERR_PROOF') throw error;
      const { code, message: reason } = error;
      const json = `${JSON.stringify({ verified: false, code, reason }, null, 2)}\n`;
      await print(values.json ? json : `${path}: ${words.notVerified}: ${reason}\n`);
      return EXIT_FAILED;
    }
  },
};

const read = (path: string): Promise<Buffer> => readSmallFile(path, FILE_BYTES_MAX);

async function trustOf({
  policy,
  timeStamp,
  timeStampCa,
  files,
  jobSecret,
}: Values): Promise<Trust> {
  if ((timeStamp === undefined) !== (timeStampCa === undefined)) {
    throw usage('--tsr and --tsa-ca belong together');
  }
  if ((files === undefined) !== (jobSecret === undefined)) {
    throw usage('--files and --job-secret belong together');
  }
  const trust = { policy: parsePolicy((await read(policy)).toString(), policy) };
  if (timeStamp === undefined || timeStampCa === undefined) return trust;
  const trusted = readCertificates((await read(timeStampCa)).toString(), timeStampCa);
  return { ...trust, timeStamp: { bytes: await read(timeStamp), trusted } };
}

/** What was given besides, and fits. */
interface Compared {
  readonly list: string | undefined;
  readonly files: readonly { readonly path: string; readonly role: string }[];
}

async function compare(
  { leaf }: Proved,
  { list, files = [] }: Values,
  secret: Uint8Array = Buffer.alloc(0),
): Promise<Compared> {
  if (list !== undefined) await compareList(leaf, list);
  const found: { path: string; role: string }[] = [];
  for (const path of files) found.push({ path, role: await roleOf(leaf, path, secret) });
  return { list, files: found };
}

function textsOf({ list, files }: Compared, words: (typeof WORDS)['en']): string[] {
  const roles: Readonly<Record<string, string>> = words.roles;
  return [
    ...(list === undefined ? [] : [fill(words.listIs, list)]),
    ...files.map(({ path, role }) => fill(words.fileIs, path, roles[role] ?? role)),
  ];
}

/** For programs: in English, the leaf as it stands. */
function jsonOf(proved: Proved, compared: Compared): string {
  const { leaf, row, stamped, cosigned, ...log } = proved;
  const facts = {
    verified: true,
    kind: row === undefined ? 'receipt' : 'row',
    ...log,
    leaf,
    row: row && {
      index: row.index,
      number: row.number,
      opt_in_day: row.optInDay,
      verdict: row.verdict,
    },
    cosigned: cosigned.map(({ witness, timeUnix }) => ({ witness, time_unix: timeUnix })),
    stamped: stamped && { unix_ms: stamped.unixMs, authority: stamped.authority },
    list: compared.list,
    files: compared.files,
    not_shown: notShown(proved, WORDS.en),
  };
  return `${JSON.stringify(facts, null, 2)}\n`;
}
