import type { Register } from '../../registers/standing.ts';
import type {
  EditResponseMessage,
  ExportedEntryMessage,
  FindResponseMessage,
} from '../../wire/gen/messages.ts';
import type { RegisterEdit } from '../../wire/registers/edit.ts';
import { usage } from '../arguments.ts';
import { type ConnectionValues, connectionOf } from '../connection.ts';

/** The flags that say where registers are. */
export interface DeskValues extends ConnectionValues {
  readonly server: string | undefined;
  readonly state: string | undefined;
  readonly region: string;
}

/** Registers to edit and to read: those of a server, or of a state. */
interface Desk {
  edit(edit: RegisterEdit): Promise<EditResponseMessage>;
  find(phoneNumber: string): Promise<FindResponseMessage>;
  /** @param advertiser '' = of all */
  export(register: Register, advertiser: string): AsyncIterable<readonly ExportedEntryMessage[]>;
  close(): Promise<void>;
}

/**
 * Opens the registers that the flags name.
 *
 * @param create whether a state is made where there is none
 */
export async function openDesk(values: DeskValues, create: boolean): Promise<Desk> {
  const { server, state } = values;
  if (server !== undefined) return connect(server, values);
  if (state !== undefined) return openAt(state, values.region, create);
  throw usage('neither a server nor a state', 'Give --server HOST:PORT or --state DIR');
}

async function connect(server: string, values: DeskValues): Promise<Desk> {
  // Only the one that is used: this loads gRPC, the other a database.
  const { TacetClient } = await import('../../client/client.ts');
  const client = new TacetClient(server, await connectionOf(server, values));
  const { registers } = client;
  return {
    edit: (edit) => registers.edit(edit),
    find: (phoneNumber) => registers.find(phoneNumber),
    export: (register, advertiser) => registers.export(register, advertiser),
    close: async () => client.close(),
  };
}

async function openAt(location: string, region: string, create: boolean): Promise<Desk> {
  const { RegisterDesk } = await import('../../state/desk/desk.ts');
  const { openState } = await import('../../state/state.ts');
  const { editMessage } = await import('../../wire/registers/edit.ts');
  const state = await openState(location, { create });
  const desk = new RegisterDesk(state, region);
  const everybody = (): boolean => true;
  return {
    edit: (edit) => desk.edit(editMessage(edit)),
    find: (phoneNumber) => desk.find(phoneNumber, everybody),
    export: (register, advertiser) => desk.export({ register, advertiser }, everybody),
    close: () => state.close(),
  };
}
