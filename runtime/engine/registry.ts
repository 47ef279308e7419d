/**
 * Compiled code by code id, because a stored frame names its code, and by function.
 *
 * The registry is process-wide state on purpose, like the module graph that it mirrors: code is registered when its
 * module is evaluated. Two modules of a package may have helpers of one name, and so of one id: these are told apart by
 * their hashes, and by what the handler has called in this process. A run's own handler is not asked of it by id: two
 * apps in one process may have functions of the same id. It hangs on a global symbol, so that two copies of the package
 * in one process agree.
 */
import { SafeMap, SafeWeakMap } from "../codec/index.ts";
import { BackstitchError } from "../faults.ts";
import { type CodeInfo, placeIn } from "../manifest.ts";
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

/** Code of one id: what was registered last, and what others have it, by hash. */
interface Variants {
  last: RegisteredCode;
  /** Code lives as long as the function that is called with it; a method is known here only. */
  readonly others: Map<string, WeakRef<CompiledCode> | MethodCode>;
}

interface Registry {
  readonly byId: Map<string, Variants>;
  /** Helpers that runs of a handler called, by reference. */
  readonly usedBy: WeakMap<object, Map<string, RegisteredCode>>;
  readonly byFunction: WeakMap<object, CompiledCode>;
  /** While a method is called for its body only: what it is to hand over, and what it handed over. */
  fetching?: { readonly code: string; body?: CompiledBody } | undefined;
}

function registry(): Registry {
  const holder = globalThis as { [registryKey]?: Registry };
  holder[registryKey] ??= { byId: new SafeMap(), usedBy: new SafeWeakMap(), byFunction: new SafeWeakMap() };
  return holder[registryKey];
}

export function registerCode(code: RegisteredCode): void {
  const { byId } = registry();
  const known = byId.get(code.info.code);
  if (known === undefined) {
    byId.set(code.info.code, { last: code, others: new SafeMap() });
    return;
  }
  const { others, last } = known;
  forgetUnused(others);
  if (last.info.hash !== code.info.hash) others.set(last.info.hash, "body" in last ? new WeakRef(last) : last);
  others.delete(code.info.hash);
  known.last = code;
}

/** Whether any compiled code was loaded. */
export function hasCode(): boolean {
  return registry().byId.size > 0;
}

function forgetUnused(others: Variants["others"]): void {
  for (const [hash, other] of others) if (other instanceof WeakRef && !other.deref()) others.delete(hash);
}

/** How a frame names the code of a helper: with its hash, since another module may have one of its name. */
export function referenceTo({ code, hash }: CodeInfo): string {
  return `${code}~${hash}`;
}

const reference = /^(.*)~([0-9a-f]*)$/s;

/** The code id in a reference. */
export function idIn(text: string): string {
  return reference.exec(text)?.[1] ?? text;
}

/** The hash in a reference. */
export function hashIn(text: string): string | undefined {
  return reference.exec(text)?.[2];
}

/** A run of the handler has called this code. */
export function noteUse(handler: object, code: RegisteredCode): void {
  const { usedBy } = registry();
  let used = usedBy.get(handler);
  if (used === undefined) {
    used = new SafeMap();
    usedBy.set(handler, used);
  }
  used.set(referenceTo(code.info), code);
}

/**
 * The code of a reference, for runs of a handler: what its runs called; else the registered one with this hash; else,
 * when it was changed, that of the same module; else, when it was moved, the only one of its id. Undefined when none or
 * several can be meant.
 */
export function referredCode(handler: object, text: string): RegisteredCode | undefined {
  const { byId, usedBy } = registry();
  const used = usedBy.get(handler)?.get(text);
  if (used) return used;
  const [, id = text, hash = ""] = reference.exec(text) ?? [];
  const known = byId.get(id);
  if (known === undefined || known.last.info.hash === hash) return known?.last;
  forgetUnused(known.others);
  const other = known.others.get(hash);
  if (other) return other instanceof WeakRef ? other.deref() : other;
  return known.others.size === 0 || isOfPlace(known.last, hash) ? known.last : lastOfPlace(known.others, hash);
}

function isOfPlace({ info }: RegisteredCode, hash: string): boolean {
  const place = placeIn(hash);
  return place !== "" && placeIn(info.hash) === place;
}

function lastOfPlace(others: Variants["others"], hash: string): RegisteredCode | undefined {
  const alive = [...others.values()].map((other) => (other instanceof WeakRef ? other.deref() : other));
  return alive.findLast((other) => other && isOfPlace(other, hash));
}

/** `fn` is what callers of the code call. */
export function rememberCode(fn: object, code: CompiledCode): void {
  registry().byFunction.set(fn, code);
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
    where: `${idIn(code)}: ${problem}`,
    fix: "Deploy the code that parked the run beside this one, or cancel the run. A helper that a function makes is there once that function was called in this process: call it when the module is loaded.",
  });
}
