import { type Command, usage } from './arguments.ts';

/** What can be done with a store, each loaded when it is called. */
const ACTIONS: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  history: () => import('./list-history.ts'),
  diff: () => import('./list-diff.ts'),
  rollback: () => import('./list-rollback.ts'),
  prune: () => import('./list-prune.ts'),
  verify: () => import('./list-verify.ts'),
  override: () => import('./list-override.ts'),
  accept: () => import('./list-accept.ts'),
};

/** `tacet list`: the versions in a store. */
export const command: Command = {
  help: `Usage: tacet list ACTION STORE ...

  history   the versions, newest first
  diff      what was added, removed and re-dated between two versions
  rollback  let an earlier version serve again
  prune     remove old versions
  verify    read every byte of every version
  accept    let a refused source through
  override  leave to answer from a stale list, for at most 24 hours

tacet list ACTION --help explains an action. A store is what tacet sync --store writes.`,
  async run(args) {
    const [name, ...rest] = args;
    const load = name !== undefined && Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (load === undefined) {
      throw usage(
        name === undefined ? 'the action is missing' : `unknown action "${name}"`,
        'See tacet list --help',
      );
    }
    return (await load()).command.run(rest);
  },
  async helpOf(args) {
    const [name] = args;
    const load = name !== undefined && Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    return load === undefined ? this.help : (await load()).command.help;
  },
};
