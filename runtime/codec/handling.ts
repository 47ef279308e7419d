/**
 * What the code was handling when an error was thrown. It is kept and stored beside the error, not on it: a program must
 * not see of its errors what it would not see natively.
 */
import { SafeWeakMap } from "./collections.ts";

export interface Handled {
  readonly error: unknown;
}

/** Where it is looked up. */
export type HandledOf = (error: unknown) => Handled | undefined;

const handled = new SafeWeakMap<object, Handled>();

/** Of an error that was decoded, or made for it. */
export const handledBy: HandledOf = (error) =>
  typeof error === "object" && error !== null ? handled.get(error) : undefined;

/** Of several notes the first one holds: it is of the innermost code. */
export function noteHandled(error: object, caught: unknown): void {
  if (!handled.has(error)) handled.set(error, { error: caught });
}
