/** `group`: what a handler says of several steps. */
import { checkKeys } from "../options.ts";
import type { Activation } from "./activation.ts";
import { ambientActivation } from "./ambient.ts";
import { Handle } from "./handle.ts";
import { refused } from "./make-op.ts";

/** The runtime's side of the public `GroupTools`. */
export interface GroupTools {
  parallel(...args: readonly unknown[]): unknown;
}

const what = "group.parallel";

export function groupTools(activation: Activation): GroupTools {
  return { parallel: (...args) => parallel(activation, args) };
}

/**
 * Calls the callback, and nothing else: branches run side by side, and `Promise.race` is decided by the first, wherever
 * they are made. What it gives is awaited as if it stood in place of the call.
 */
function parallel(activation: Activation, [first, second]: readonly unknown[]): unknown {
  const [options, callback] = typeof first === "function" ? [{}, first] : [first, second];
  if (typeof callback !== "function") {
    return refused(activation, what, `\`callback\` must be a function, not ${typeof callback}`);
  }
  const problem = problemOf(options);
  if (problem !== undefined) return refused(activation, what, problem);
  if (ambientActivation() !== activation) {
    activation.usedOutsideCompiledCode(what);
    return new Handle(what, activation);
  }
  try {
    const made: unknown = callback();
    if (!activation.owns(made)) return Promise.resolve(made);
    made.isPromise = false;
    return made;
  } catch (error) {
    return new Handle(what, activation, { ok: false, error });
  }
}

/** What is wrong with the options; undefined when nothing is. */
function problemOf(options: unknown): string | undefined {
  try {
    checkKeys(options, ["mode"], what);
  } catch (error) {
    return (error as Error).message;
  }
  const { mode } = options as { readonly mode?: unknown };
  return mode === undefined || mode === "race"
    ? undefined
    : `\`mode\` is ${String(mode)}, and must be "race" or left out`;
}
