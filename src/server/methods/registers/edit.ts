import type { Caller } from '../../../access/access.ts';
import type { Method } from '../../../rpc/call.ts';
import { unaryMethod } from '../../../rpc/unary-call.ts';
import type { EditRequestMessage, EditResponseMessage } from '../../../wire/gen/messages.ts';
import { registerService } from '../../../wire/registers/service.ts';
import type { ServiceContext } from '../../context.ts';
import { admitToEdit, toldOf } from './leave.ts';

/** `Edit`: durable, and in force on this server, before it is answered. */
export function editMethod(context: ServiceContext): Method {
  return unaryMethod(registerService.Edit, async (request, { caller }) => {
    const response = await edit(context, request, caller);
    await context.registers.look();
    return response;
  });
}

/** Does one edit for a caller. Errors: those of its admission and of the desk. */
export async function edit(
  context: ServiceContext,
  request: EditRequestMessage,
  caller: Caller | undefined,
): Promise<EditResponseMessage> {
  const { desk } = context.registers;
  const client = admitToEdit(context, caller, request.advertiser);
  try {
    return await desk.edit(request, client);
  } catch (error) {
    throw toldOf(error);
  }
}
