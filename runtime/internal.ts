/**
 * What emitted code imports. Not for people: its shape follows `CODE_FORMAT` of the manifest and changes with it.
 */
import { callableOf, enterMethod } from "./engine/calls.ts";
import { markCompiled } from "./engine/compiled.ts";
import type { Frame } from "./engine/frame.ts";
import type { Handle } from "./engine/handle.ts";
import type { OuterNames } from "./engine/outer.ts";
import { type CompiledBody, registerCode, rememberCode } from "./engine/registry.ts";
import type { CodeInfo } from "./manifest.ts";
import type { Untyped } from "./types.ts";

export type { Frame } from "./engine/frame.ts";
export type { ScopeRecord } from "./engine/scopes.ts";

/** A compiled function. Compiled code that calls it gets a handle, whatever its author's type says. */
export type CompiledFunction<Args extends unknown[]> = (...args: Args) => Handle;

export const $ = {
  /**
   * Makes the callable function of a compiled body, and registers the body under its code id.
   *
   * @param name of the function, where the body cannot have it
   */
  durable<Args extends unknown[]>(
    info: CodeInfo,
    body: (this: Untyped, frame: Frame, ...args: Args) => Promise<unknown>,
    outer?: OuterNames,
    name = body.name || nameIn(info.code),
  ): CompiledFunction<Args> {
    const code = { info, body: body as unknown as CompiledBody, outer };
    const compiled = callableOf(code, name);
    registerCode(code);
    rememberCode(compiled, code);
    markCompiled(compiled, info);
    return compiled as CompiledFunction<Args>;
  },

  /** Inside a method that is compiled: enters its body, an arrow function that closes over `this`. */
  enter(
    info: CodeInfo,
    self: unknown,
    args: ArrayLike<unknown>,
    body: (frame: Frame, ...args: Untyped[]) => Promise<unknown>,
  ): Handle {
    return enterMethod(info, self, args, body);
  },

  /** Where a class is defined: how a method is found again after a reload, by the object on which it was called. */
  register(info: CodeInfo, find: (self: Untyped) => unknown, outer?: OuterNames): void {
    registerCode({ info, find, outer });
  },
};

/** The name of a helper: its code id is `package#name`, or `package#Class.name#1/2`. A handler has the id of its function. */
function nameIn(code: string): string {
  const [, path = ""] = code.split("#");
  return path.slice(path.lastIndexOf(".") + 1);
}
