import type { Method } from '../../../rpc/call.ts';
import { unaryMethod } from '../../../rpc/unary-call.ts';
import { registerService } from '../../../wire/registers/service.ts';
import type { ServiceContext } from '../../context.ts';
import { admitToRead, toldOf } from './leave.ts';

/** `Find`: what stands of a number, as far as the caller may see it. */
export function findMethod(context: ServiceContext): Method {
  return unaryMethod(registerService.Find, async ({ phoneNumber }, { caller }) => {
    const { desk } = context.registers;
    const mayRead = admitToRead(context, caller);
    try {
      return await desk.find(phoneNumber, mayRead);
    } catch (error) {
      throw toldOf(error);
    }
  });
}
