import { LIST_ABOUT } from '../../options/help/about.ts';
import { actionsCommand } from '../arguments.ts';

/** `tacet list`: the versions in a store. */
export const command = actionsCommand(
  `Usage: tacet list ACTION STORE ...

${LIST_ABOUT.map(([name, about]) => `  ${name.padEnd(10)}${about}`).join('\n')}

tacet list ACTION --help explains an action. A store is what tacet sync --store writes.`,
  'tacet list',
  {
    history: () => import('./history.ts'),
    diff: () => import('./diff.ts'),
    rollback: () => import('./rollback.ts'),
    prune: () => import('./prune.ts'),
    verify: () => import('./verify.ts'),
    override: () => import('./override.ts'),
    accept: () => import('./accept.ts'),
  },
);
