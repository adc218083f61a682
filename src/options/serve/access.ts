import { ACCESS_BYTES } from '../limits.ts';
import { choice, duration, flag, optional, size, text } from '../option.ts';

/** Who may ask: the options of `tacet serve` that need `--access`, and it itself. */
export const ACCESS_OPTIONS = {
  access: optional(
    text('access', 'ACCESS.json', 'who may ask, for whom and how much; see docs/ACCESS.md'),
  ),
  accessPollMs: duration('access-poll', 'how often to look whether --access has changed', {
    initial: '2s',
    range: { min: 10, max: 60_000 },
  }),
  accessBytesMax: size('access-bytes-max', 'bytes of the access file', ACCESS_BYTES),
  licencePolicy: choice(
    'licence-policy',
    ['block', 'warn'],
    'without a valid licence: refuse, or answer and say so in every answer',
  ),
  openHealth: flag('open-health', 'answer grpc.health.v1 without credentials, despite --access'),
  openReflection: flag('open-reflection', 'answer reflection without credentials, likewise'),
};
