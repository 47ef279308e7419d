/** Which attempts can change nothing that the frame holds, so that it is known what it is when they have ended. */
import { types } from "node:util";
import { own, type ReadPath } from "../manifest.ts";
import { type ClosureRecord, homeOf } from "./closures.ts";
import type { Op } from "./ops.ts";
import { isObject } from "./thenables.ts";

/** Whether the callback of a step only reads primitives of the run, as the compiler saw, and is given no objects. */
export function leavesFrame({ kind, callback, input }: Op): boolean {
  if (kind !== "step" || callback === undefined || input.some(isObject)) return false;
  const home = homeOf(callback);
  if (home === undefined) return false;
  const { activation, record } = home;
  const code = activation.code(record.invocation.code);
  const paths = code && own(code.info.reads, record.id);
  return paths?.every((path) => leadsToPrimitive(path, record)) ?? false;
}

function leadsToPrimitive([first, ...keys]: ReadPath, { scopes, invocation }: ClosureRecord): boolean {
  return isPrimitiveAt(first === -1 ? invocation.args : scopes[first as number], keys);
}

/** Along own data properties only: no code runs, and nobody gets hold of an object. */
export function isPrimitiveAt(from: unknown, keys: ReadPath): boolean {
  let value = from;
  for (const key of keys) {
    if (!isObject(value)) return true;
    if (types.isProxy(value)) return false;
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property === undefined || !("value" in property)) return false;
    value = property.value;
  }
  return !isObject(value);
}
