import { LEDGER_ABOUT } from '../../options/help/about.ts';
import { actionsCommand } from '../arguments.ts';

/** `tacet ledger`: where proofs are kept. */
export const command = actionsCommand(
  `Usage: tacet ledger ACTION --ledger DIR ...

${LEDGER_ABOUT.map(([name, about]) => `  ${name.padEnd(10)}${about}`).join('\n')}

tacet ledger ACTION --help explains an action.`,
  'tacet ledger',
  {
    init: () => import('./init.ts'),
    status: () => import('./status.ts'),
    verify: () => import('./verify.ts'),
    rotate: () => import('./rotate.ts'),
    export: () => import('./export.ts'),
    erase: () => import('./erase.ts'),
  },
);
