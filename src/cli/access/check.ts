import { checkAccess } from '../../access/file/read-access.ts';
import { readSmallFile } from '../../disk/small-file.ts';
import { ACCESS_CHECK_OPTIONS } from '../../options/access.ts';
import { helpOf } from '../../options/table.ts';
import { type Command, EXIT_DONE, EXIT_FAILED, oneOperand, readArguments } from '../arguments.ts';
import { printFacts } from '../print.ts';

/** `tacet access check`: whether a server would take an access file. */
export const command: Command = {
  help: `Usage: tacet access check FILE [--json]

Checks an access file as a server does, which goes on with the one before while a new one has a
fault. Every fault is named with its place and how to mend it; no token or hash is shown.

${helpOf(ACCESS_CHECK_OPTIONS)}`,
  async run(args) {
    const one = oneOperand('FILE');
    const { values, operands: path } = readArguments(args, ACCESS_CHECK_OPTIONS, one);
    const { access, faults } = checkAccess(await readSmallFile(path, values.bytesMax));
    if (access === undefined && !values.json) throw faults.toError(path);
    const counts = { parties: access?.parties.size ?? null, clients: access?.clients.size ?? null };
    const facts = { ...counts, sha256: access?.digest ?? null, faults: faults.listed };
    const text = `${path}: ${counts.parties} parties, ${counts.clients} clients, no fault\n`;
    await printFacts(values.json, facts, text);
    return access === undefined ? EXIT_FAILED : EXIT_DONE;
  },
};
