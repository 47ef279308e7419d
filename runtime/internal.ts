/**
 * What emitted code imports. Not for people: its shape follows `CODE_FORMAT` of the manifest and changes with it.
 */
import { markCompiled } from "./engine/compiled.ts";
import { currentFrame, Frame } from "./engine/frame.ts";
import type { Handle } from "./engine/handle.ts";
import { type CompiledBody, registerCode } from "./engine/registry.ts";
import { BackstitchError } from "./faults.ts";
import type { CodeInfo } from "./manifest.ts";

export type { Frame } from "./engine/frame.ts";
export type { ScopeRecord } from "./engine/scopes.ts";

/** A compiled function. Compiled code that calls it gets a handle, whatever its author's type says. */
export type CompiledFunction<Args extends unknown[]> = (...args: Args) => Handle;

export const $ = {
  /** Makes the callable function of a compiled body, and registers the body under its code id. */
  durable<Args extends unknown[]>(
    info: CodeInfo,
    body: (frame: Frame, ...args: Args) => Promise<unknown>,
  ): CompiledFunction<Args> {
    const code = { info, body: body as unknown as CompiledBody };
    const compiled = (...args: Args): Handle => {
      const caller = currentFrame();
      if (caller === undefined) throw calledFromOutside(info.code);
      const { activation } = caller;
      const invocation = activation.closures.get(compiled)?.invocation;
      const frame = new Frame(activation, code, args, invocation && { closure: compiled, invocation });
      frame.enter();
      return frame.call;
    };
    registerCode(code, compiled);
    markCompiled(compiled, info);
    return compiled;
  },
};

function calledFromOutside(code: string): BackstitchError {
  return new BackstitchError("BS2011", {
    where: `the durable function ${code} was called from code that is not compiled, or inside a step's callback`,
    fix: "Await it directly in a handler or in another durable function.",
  });
}
