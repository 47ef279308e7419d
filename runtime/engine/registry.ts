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
import type { OuterNames } from "./outer.ts";

/** The compiled form of a function. */
export type CompiledBody = (this: unknown, frame: Frame, ...args: unknown[]) => Promise<unknown>;

export interface CompiledCode {
  readonly info: CodeInfo;
  readonly body: CompiledBody;
  /** What it refers to outside of itself. */
  readonly outer?: OuterNames | undefined;
}

/** Code of a method: its body closes over `this`, so it is asked of the method, which is found by what it belongs to. */
interface MethodCode {
  readonly info: CodeInfo;
  readonly find: (self: unknown) => unknown;
  readonly outer?: OuterNames | undefined;
}

export type RegisteredCode = CompiledCode | MethodCode;

const registryKey = Symbol.for("backstitch.code-registry");

interface Registry {
  readonly byId: Map<string, RegisteredCode>;
  readonly byFunction: WeakMap<object, CompiledCode>;
  /** While a method is called for its body only: what it is to hand over, and what it handed over. */
  fetching?: { readonly code: string; body?: CompiledBody } | undefined;
}

function registry(): Registry {
  const holder = globalThis as { [registryKey]?: Registry };
  holder[registryKey] ??= { byId: new Map(), byFunction: new WeakMap() };
  return holder[registryKey];
}

export function registerCode(code: RegisteredCode): void {
  registry().byId.set(code.info.code, code);
}

/** `fn` is what callers of the code call. */
export function rememberCode(fn: object, code: CompiledCode): void {
  registry().byFunction.set(fn, code);
}

/** The code with this id; undefined when no loaded module has it. */
export function compiledCode(id: string): RegisteredCode | undefined {
  return registry().byId.get(id);
}

/** The code of a compiled function; undefined for any other. */
export function codeOf(fn: object): CompiledCode | undefined {
  return registry().byFunction.get(fn);
}

/** The body of code that is called on `self`. Throws when a method does not lead to it any more. */
export function bodyOf(code: RegisteredCode, self: unknown): CompiledBody {
  if ("body" in code) return code.body;
  const { info, find } = code;
  const shared = registry();
  const saved = shared.fetching;
  const fetching: Registry["fetching"] = { code: info.code };
  shared.fetching = fetching;
  try {
    const method = find(self);
    if (typeof method === "function") Reflect.apply(method, self, []);
  } catch (cause) {
    throw goneCode(
      info.code,
      `its method cannot be fetched: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  } finally {
    shared.fetching = saved;
  }
  if (fetching.body === undefined) throw goneCode(info.code, "the object has no such method any more");
  return fetching.body;
}

/** Hands a body over to `bodyOf`; false when the method was called to run. */
export function handOver(code: string, body: CompiledBody): boolean {
  const { fetching } = registry();
  if (fetching?.code !== code) return false;
  fetching.body = body;
  return true;
}

/** The fault of a frame whose code id, label or closure no loaded module has. */
export function goneCode(code: string, problem: string): BackstitchError {
  return new BackstitchError("BS2103", {
    where: `${code}: ${problem}`,
    fix: "Deploy the code that parked the run beside this one, or cancel the run.",
  });
}
