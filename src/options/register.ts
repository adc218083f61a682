/** The options of `tacet register`. */
import { CONNECTION_OPTIONS, JSON_OPTION, serverOption } from './commands.ts';
import { choice, day, flag, optional, region, text } from './option.ts';
import { typed } from './variables.ts';

const RULE = '1-64 of A-Z a-z 0-9 . _ -';

/** Where the registers are. */
const PLACE_OPTIONS = {
  server: { ...optional(serverOption('ask a server')), alternative: 'state' },
  ...CONNECTION_OPTIONS,
  state: {
    ...optional(
      text(
        'state',
        'DIR|postgres://...',
        'edit where they are kept, made where there is none; servers that use it follow',
      ),
    ),
    alternative: 'server',
  },
  region: {
    ...region('BE'),
    help: 'with --state: region of numbers written nationally; a server has its own',
  },
};

const ADVERTISER = typed(
  'approach',
  optional(
    text('advertiser', 'ID', 'whose; without it that of the whole firm (objections only)', {
      accepts: (given) => /^[A-Za-z0-9._-]{1,64}$/.test(given),
      expected: RULE,
    }),
  ),
);

const NOTE_OPTIONS = {
  source: typed('run', optional(text('source', 'TEXT', 'where it came from: a form, a call'))),
  reference: typed(
    'run',
    optional(text('reference', 'TEXT', "the firm's own: a ticket, a recording")),
  ),
  by: typed('run', optional(text('by', 'NAME', 'who does it'))),
  reason: typed('run', optional(text('reason', 'TEXT', 'why'))),
  requestId: typed(
    'run',
    optional(
      text('request-id', 'ID', 'done once, however often it is asked (default: a random one)', {
        accepts: (given) => /^[A-Za-z0-9._-]{1,64}$/.test(given),
        expected: RULE,
      }),
    ),
  ),
};

export const REGISTER_ADD_OPTIONS = {
  ...PLACE_OPTIONS,
  advertiser: ADVERTISER,
  day: typed(
    'run',
    optional(day('day', 'of the objection (default: today in Brussels), or of the opt-in')),
  ),
  ...NOTE_OPTIONS,
  ...JSON_OPTION,
};

export const REGISTER_LIFT_OPTIONS = {
  ...REGISTER_ADD_OPTIONS,
  day: typed(
    'run',
    optional(
      day(
        'day',
        'of the withdrawal (default: today in Brussels); of the mistaken opt-in (default: latest)',
      ),
    ),
  ),
  mistake: typed(
    'run',
    flag('mistake', 'it never was one: it leaves no trace in what may be called'),
  ),
};

export const REGISTER_FIND_OPTIONS = { ...PLACE_OPTIONS, ...JSON_OPTION };

export const REGISTER_EXPORT_OPTIONS = {
  ...PLACE_OPTIONS,
  advertiser: typed(
    'approach',
    optional(text('advertiser', 'ID', 'of one; * = the firm (default: of all)')),
  ),
  format: typed('run', choice('format', ['csv', 'json'], 'csv, or one JSON object a line')),
};
