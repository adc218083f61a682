import type { Method } from '../../../rpc/call.ts';
import type { ServiceContext } from '../../context.ts';
import { editMethod } from './edit.ts';
import { exportMethod } from './export.ts';
import { findMethod } from './find.ts';
import { importMethod } from './import.ts';

/** The methods of `tacet.v1.RegisterService`. */
export function registerMethods(context: ServiceContext): readonly Method[] {
  return [editMethod(context), importMethod(context), findMethod(context), exportMethod(context)];
}
