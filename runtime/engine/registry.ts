/**
 * Compiled code by code id, because a stored frame names its code, and by function.
 *
 * The registry is process-wide state on purpose, like the module graph that it mirrors: code is registered when its
 * module is evaluated, and the last registration of an id wins. A run's own handler is not asked of it by id: two apps in
 * one process may have functions of the same id. It hangs on a global symbol, so that two copies of the package in one
 * process agree.
 */
import { BackstitchError } from "../faults.ts";
import type { CodeInfo } from "../manifest.ts";
import type { Frame } from "./frame.ts";

/** The compiled form of a function. */
export type CompiledBody = (frame: Frame, ...args: unknown[]) => Promise<unknown>;

export interface CompiledCode {
  readonly info: CodeInfo;
  readonly body: CompiledBody;
}

const registryKey = Symbol.for("backstitch.code-registry");

interface Registry {
  readonly byId: Map<string, CompiledCode>;
  readonly byFunction: WeakMap<object, CompiledCode>;
}

function registry(): Registry {
  const holder = globalThis as { [registryKey]?: Registry };
  holder[registryKey] ??= { byId: new Map(), byFunction: new WeakMap() };
  return holder[registryKey];
}

/** `fn` is what callers of the code call. */
export function registerCode(code: CompiledCode, fn: object): void {
  registry().byId.set(code.info.code, code);
  registry().byFunction.set(fn, code);
}

/** The code with this id; undefined when no loaded module has it. */
export function compiledCode(id: string): CompiledCode | undefined {
  return registry().byId.get(id);
}

/** The code of a compiled function; undefined for any other. */
export function codeOf(fn: object): CompiledCode | undefined {
  return registry().byFunction.get(fn);
}

/** The fault of a frame whose code id, label or closure no loaded module has. */
export function goneCode(code: string, problem: string): BackstitchError {
  return new BackstitchError("BS2103", {
    where: `${code}: ${problem}`,
    fix: "Deploy the code that parked the run beside this one, or cancel the run.",
  });
}
