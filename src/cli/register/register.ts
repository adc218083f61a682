import { REGISTER_ABOUT } from '../../options/help/about.ts';
import { actionsCommand } from '../arguments.ts';

/** `tacet register`: what people told the firm itself. */
export const command = actionsCommand(
  `Usage: tacet register ACTION REGISTER ...

${REGISTER_ABOUT.map(([name, about]) => `  ${name.padEnd(10)}${about}`).join('\n')}

REGISTER is objections or opt-ins. tacet register ACTION --help explains an action,
docs/REGISTERS.md what to do when somebody objects.`,
  'tacet register',
  {
    add: () => import('./add.ts'),
    lift: () => import('./lift.ts'),
    find: () => import('./find.ts'),
    export: () => import('./export.ts'),
  },
);
