/** `onFailure` and `onCancel`: functions of their own, which runs start that failed or were cancelled. */
import type { RegisteredFunction } from "./types.ts";

/** The options that name one, and what the id of the function ends with. */
export const endHandlers = [
  ["onFailure", "-failure"],
  ["onCancel", "-cancel"],
] as const;

/** The function that a handler in the options of another one makes. No event triggers it: runs are started by its id. */
export function endHandlerOf(
  { id, name, ...tried }: Pick<RegisteredFunction, "id" | "name" | "retries" | "backoff" | "middleware">,
  suffix: string,
  handler: RegisteredFunction["handler"],
): RegisteredFunction {
  return Object.freeze({ id: `${id}${suffix}`, name: `${name}${suffix}`, ...tried, triggers: [], handler });
}
