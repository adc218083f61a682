/** The options of `tacet access`. */
import { JSON_OPTION, PERSON_OPTIONS } from './commands.ts';
import { ACCESS_BYTES } from './limits.ts';
import { day, optional, size, text } from './option.ts';
import { typed } from './variables.ts';

const ACCESS_FILE = {
  bytesMax: size('access-bytes-max', 'bytes of the access file', ACCESS_BYTES),
};

export const ACCESS_CHECK_OPTIONS = { ...JSON_OPTION, ...ACCESS_FILE };

export const ACCESS_TOKEN_OPTIONS = {
  expiresDay: typed(
    'run',
    optional(day('expires', 'the last day it is valid, in Brussels (default: a year from today)')),
  ),
  client: optional(
    text('client', 'NAME', 'the client it is for, to name the place in the access file', {
      accepts: (given) => /^[A-Za-z0-9._-]{1,64}$/.test(given),
    }),
  ),
  ...JSON_OPTION,
};

export const ACCESS_RELEASE_OPTIONS = {
  state: text('state', 'DIR|postgres://...', 'the state of the servers, as they have it'),
  ...PERSON_OPTIONS,
};

export const ACCESS_LICENCES_OPTIONS = {
  onDay: typed(
    'run',
    optional(day('on', 'where they stand on that day (default: today in Brussels)')),
  ),
  prices: optional(
    text('prices', 'FILE.json', 'a price table (default: the one that comes along)'),
  ),
  ...JSON_OPTION,
  ...ACCESS_FILE,
};
