import { usage } from '../arguments.ts';
import { type ConnectionValues, connectionOf } from '../connection.ts';
import type { Engine } from './engine.ts';

/** The flags that choose an engine. */
export interface EngineChoice extends ConnectionValues {
  readonly server: string | undefined;
  readonly lists: readonly string[] | undefined;
  /** With lists: where the registers are kept. */
  readonly state: string | undefined;
  /** ISO 3166-1 alpha-2. */
  readonly region: string;
}

/** Opens the engine that the flags choose. Errors: ERR_USAGE, and those of opening. */
export async function openEngine(choice: EngineChoice): Promise<Engine> {
  const { server, lists, state, region } = choice;
  if (server === undefined && lists === undefined) {
    throw usage('neither a server nor a list', 'Give --server HOST:PORT or --list LIST.tacet');
  }
  if (server !== undefined && state !== undefined) {
    throw usage('--state with --server', 'Leave --state out: a server applies its own registers');
  }
  // Load only the one that is used: one loads gRPC, the other the lists.
  if (server !== undefined) {
    const { connect } = await import('./connected-engine.ts');
    return connect(server, region, await connectionOf(server, choice));
  }
  const { openEmbedded } = await import('./embedded-engine.ts');
  return openEmbedded(lists ?? [], { region, state });
}
