import { ACCESS_ABOUT } from '../../options/help/about.ts';
import { actionsCommand } from '../arguments.ts';

/** `tacet access`: the file that says who may ask what. */
export const command = actionsCommand(
  `Usage: tacet access ACTION ...

${ACCESS_ABOUT.map(([name, about]) => `  ${name.padEnd(10)}${about}`).join('\n')}

tacet access ACTION --help explains an action. The access file is what tacet serve --access reads.`,
  'tacet access',
  {
    check: () => import('./check.ts'),
    token: () => import('./token.ts'),
    licences: () => import('./licences.ts'),
    release: () => import('./release.ts'),
  },
);
