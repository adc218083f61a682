import { SAMPLE_ABOUT } from '../../options/help/about.ts';
import { actionsCommand } from '../arguments.ts';

/** `tacet sample`: synthetic data that looks like Belgium; the real list is licensed. */
export const command = actionsCommand(
  `Usage: tacet sample ACTION ...

${SAMPLE_ABOUT.map(([name, about]) => `  ${name.padEnd(10)}${about}`).join('\n')}

tacet sample ACTION --help explains an action. The same options and seed give the same bytes.`,
  'tacet sample',
  {
    list: () => import('./list.ts'),
    contacts: () => import('./contacts.ts'),
  },
);
