import type { ListVersionMessage } from '../wire/gen/messages.ts';

/** Whether answers came from a list of this version; else it is a register, which only moves on. */
export function isRegistry({ sha256 }: ListVersionMessage): boolean {
  return sha256 !== '';
}

/** A register by which a stream was answered: edits came into force meanwhile. */
export interface AnsweredRegister {
  /** `objections`, `opt-ins`. */
  readonly name: string;
  readonly firstRevision: number;
  readonly lastRevision: number;
}

/** The registers of a stream, from what its first and its last response said. */
export function registersOf(
  first: readonly ListVersionMessage[],
  last: readonly ListVersionMessage[],
): AnsweredRegister[] {
  return first
    .filter((list) => !isRegistry(list))
    .map(({ name, revision }) => {
      const lastRevision = last.find((list) => list.name === name)?.revision ?? revision;
      return { name, firstRevision: revision, lastRevision };
    });
}
