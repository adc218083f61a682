import { makeToken } from '../../access/token.ts';
import { brusselsDay } from '../../calendar/brussels.ts';
import { addMonths, formatIsoDay } from '../../calendar/day.ts';
import { ACCESS_TOKEN_OPTIONS } from '../../options/access.ts';
import { helpOf } from '../../options/table.ts';
import { type Command, EXIT_DONE, noOperand, readArguments, usage } from '../arguments.ts';
import { printFacts } from '../print.ts';

/** `tacet access token`: a new token, shown once. */
export const command: Command = {
  help: `Usage: tacet access token [--expires YYYY-MM-DD] [--client NAME] [--json]

Makes a random token and shows it this once, with what the access file needs of it: its SHA-256 and
its last day. Nothing is written. A client may have several, so that a new one is in the file before
the old one is taken out.

${helpOf(ACCESS_TOKEN_OPTIONS)}`,
  async run(args) {
    const { values } = readArguments(args, ACCESS_TOKEN_OPTIONS, noOperand);
    const today = brusselsDay(Date.now());
    const { expiresDay = addMonths(today, 12), client = 'NAME' } = values;
    if (expiresDay < today) throw usage('--expires is over already', 'Give today or a later day');
    const { token, sha256 } = makeToken();
    const entry = { sha256, expires: formatIsoDay(expiresDay) };
    const text = `${token}

The token for the client, shown this once. It goes into a file that only the client can read, for
its --token-file or TACET_TOKEN_FILE. The access file gets, in clients.${client}.tokens:

${JSON.stringify(entry)}
`;
    await printFacts(values.json, { token, ...entry }, text);
    return EXIT_DONE;
  },
};
