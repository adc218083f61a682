import { Matcher } from '../engine/matcher.ts';
import { attachList, type KernelName } from '../list/list.ts';
import {
  type BatchAnswerer,
  KernelAnswerer,
  MatcherAnswerer,
  type Scratch,
} from './batch-answerer.ts';
import type { KernelChoice, ListSetHandle, SetAttachment, SlotLayout } from './messages.ts';

/** A set as one thread uses it. */
export interface AttachedSet {
  readonly answerer: BatchAnswerer;
  /** The memory its slots are in. */
  readonly control: DataView;
}

/** Attaches this thread to a set. Errors: those of `attachList`. */
export function attachSet(
  { set, kernel }: SetAttachment,
  own: {
    readonly memory: SharedArrayBuffer;
    readonly layout: SlotLayout;
    readonly scratch: Scratch;
  },
): AttachedSet {
  if (kernel !== undefined) {
    return {
      answerer: new KernelAnswerer(kernel, own.layout),
      control: new DataView(kernel.memory.buffer),
    };
  }
  return {
    answerer: new MatcherAnswerer(matcherOf(set), own.memory, own.layout, own.scratch),
    control: new DataView(own.memory),
  };
}

/** A matcher over the mapped lists of a set. */
export function matcherOf(set: ListSetHandle): Matcher {
  const kernel = mappedKernel(set.kernel);
  return new Matcher(set.handles.map((handle) => attachList(handle, kernel)));
}

/** The kernel for what is looked up outside the WebAssembly memory: single numbers, several lists. */
function mappedKernel(choice: KernelChoice): KernelName | 'auto' {
  return choice === 'wasm' ? 'auto' : choice;
}
