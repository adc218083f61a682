import { randomUUID } from 'node:crypto';
import { brusselsTime } from '../../calendar/brussels.ts';
import { ACCESS_RELEASE_OPTIONS } from '../../options/access.ts';
import { helpOf } from '../../options/table.ts';
import { openState } from '../../state/state.ts';
import { checkPerson } from '../../store/override.ts';
import { type Command, EXIT_DONE, oneOperand, readArguments } from '../arguments.ts';
import { printFacts } from '../print.ts';

/** `tacet access release`: lets a client ask again that was stopped. */
export const command: Command = {
  help: `Usage: tacet access release CLIENT --by NAME --reason TEXT --state DIR|postgres://...
       tacet access release party:ID ...

Lets a client, or all clients of a party, ask again after a server has stopped them; servers follow
within seconds. Look first at what they asked: the reason of the stop is in the log of the server
and in its answers. What was counted against them begins anew. Who released them, when and why stays
in the state.

${helpOf(ACCESS_RELEASE_OPTIONS)}`,
  async run(args) {
    const { values, operands: subject } = readArguments(
      args,
      ACCESS_RELEASE_OPTIONS,
      oneOperand('CLIENT'),
    );
    const { by, reason, json, quiet } = values;
    checkPerson(by, reason);
    const state = await openState(values.state);
    try {
      const entry = { id: randomUUID(), atMs: Date.now(), subject, by, reason };
      const stop = await state.run('release', entry);
      const stopped = { stoppedFor: stop.reason, stoppedUnix: Math.floor(stop.atMs / 1000) };
      const since = brusselsTime(stop.atMs);
      const text = `${subject} may ask again; it was stopped since ${since}: ${stop.reason}\n`;
      if (!quiet) await printFacts(json, { subject, by, reason, ...stopped }, text);
      return EXIT_DONE;
    } finally {
      await state.close();
    }
  },
};
