import { PROOF_ABOUT } from '../../options/help/about.ts';
import { actionsCommand } from '../arguments.ts';

/** `tacet proof`: what a receipt proves. */
export const command = actionsCommand(
  `Usage: tacet proof ACTION ...

${PROOF_ABOUT.map(([name, about]) => `  ${name.padEnd(10)}${about}`).join('\n')}

tacet proof ACTION --help explains an action. docs/PROOF.md says what to keep, and how to verify
without Tacet.`,
  'tacet proof',
  { verify: () => import('./verify.ts') },
);
