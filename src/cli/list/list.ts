import { LIST_ABOUT } from '../../options/about.ts';
import { didYouMean } from '../../options/suggest.ts';
import { type Command, usage } from '../arguments.ts';

/** The actions on a store, each loaded on demand. */
const ACTIONS: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  history: () => import('./history.ts'),
  diff: () => import('./diff.ts'),
  rollback: () => import('./rollback.ts'),
  prune: () => import('./prune.ts'),
  verify: () => import('./verify.ts'),
  override: () => import('./override.ts'),
  accept: () => import('./accept.ts'),
};

/** `tacet list`: the versions in a store. */
export const command: Command = {
  help: `Usage: tacet list ACTION STORE ...

${LIST_ABOUT.map(([name, about]) => `  ${name.padEnd(10)}${about}`).join('\n')}

tacet list ACTION --help explains an action. A store is what tacet sync --store writes.`,
  async run(args) {
    const [name, ...rest] = args;
    const action = await actionOf(name);
    if (action !== undefined) return action.run(rest);
    if (name === undefined) throw usage('the action is missing', 'See tacet list --help');
    const meant = didYouMean(name, Object.keys(ACTIONS));
    throw usage(`unknown action "${name}"`, `${meant} See tacet list --help`.trim());
  },
  async helpOf([name]) {
    return (await actionOf(name))?.help ?? this.help;
  },
};

async function actionOf(name = ''): Promise<Command | undefined> {
  const load = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  return (await load?.())?.command;
}
