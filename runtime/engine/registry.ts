/**
 * Compiled code by code id: a stored frame names its code.
 *
 * The registry is process-wide state on purpose, like the module graph that it mirrors: code is registered when its
 * module is evaluated, and the last registration of an id wins. It hangs on a global symbol, so that two copies of the
 * package in one process agree.
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

function registry(): Map<string, CompiledCode> {
  const holder = globalThis as { [registryKey]?: Map<string, CompiledCode> };
  holder[registryKey] ??= new Map();
  return holder[registryKey];
}

export function registerCode(code: CompiledCode): void {
  registry().set(code.info.code, code);
}

/** The code with this id; undefined when no loaded module has it. */
export function compiledCode(id: string): CompiledCode | undefined {
  return registry().get(id);
}

/** The fault of a frame whose code id, label or closure no loaded module has. */
export function goneCode(code: string, problem: string): BackstitchError {
  return new BackstitchError("BS2103", {
    where: `${code}: ${problem}`,
    fix: "Deploy the code that parked the run beside this one, or cancel the run.",
  });
}
