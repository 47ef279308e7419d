/**
 * What compiled code refers to outside of itself: functions, classes, clients, collections and symbols of its module, and
 * what the module imports. A variable may hold one of them across a suspension. It is stored by the name under which the code
 * knows it, and is the module's own value again after a reload.
 */

import { types } from "node:util";
import { isErrorValue, prototypeOf, SafeMap, SafeWeakMap } from "../codec/index.ts";
import { ownValue } from "./exported.ts";
import type { CompiledCode } from "./registry.ts";
import { isObject } from "./thenables.ts";

/** Names of a module, each with a function that reads it. Names are never assigned to again: the compiler sees to it. */
export type OuterNames = Readonly<Record<string, () => unknown>>;

/** The name of a value, and the key when it is a function that the value holds, or the prototype of a class of errors. */
export type OuterPath = readonly [name: string, key?: string];

type OuterValue = object | symbol;

const readValues = new SafeWeakMap<OuterNames, ReadonlyMap<OuterValue, OuterPath>>();

/** The objects, functions and symbols that code refers to, by identity. */
export class OuterValues {
  /** References to code by what it refers to: methods are made anew at each call. */
  readonly #codes = new SafeMap<OuterNames, string>();

  /** The code is used by the run. */
  add(code: CompiledCode, reference: string): void {
    if (code.outer !== undefined) this.#codes.set(code.outer, reference);
  }

  /** Reference to code and name of a value; undefined for one that no code of the run refers to. */
  pathOf(value: OuterValue): readonly [code: string, ...path: OuterPath] | undefined {
    for (const [names, id] of this.#codes) {
      const path = valuesOf(names).get(value);
      if (path !== undefined) return [id, ...path];
    }
    return undefined;
  }
}

/** The value at a path; undefined when there is none any more. */
export function valueAt(names: OuterNames, [name, key]: OuterPath): unknown {
  const value = Object.hasOwn(names, name) ? names[name]?.() : undefined;
  if (key === undefined) return value;
  return isObject(value) ? ownValue(value, key) : undefined;
}

function valuesOf(names: OuterNames): ReadonlyMap<OuterValue, OuterPath> {
  const known = readValues.get(names);
  if (known) return known;
  const values = new SafeMap<OuterValue, OuterPath>();
  let isComplete = true;
  for (const [name, read] of Object.entries(names)) {
    try {
      const value = read();
      if (typeof value === "symbol") values.set(value, [name]);
      if (!isObject(value)) continue;
      values.set(value, [name]);
      addFunctions(values, name, value);
      const inherited = errorPrototype(value);
      if (inherited) values.set(inherited, [name, "prototype"]);
    } catch {
      // Not initialised yet, or not there at all: asked again the next time.
      isComplete = false;
    }
  }
  if (isComplete) readValues.set(names, values);
  return values;
}

/** What instances of a class of errors inherit, so that they come back as what code asks for with `instanceof`. */
function errorPrototype(value: object): object | undefined {
  if (typeof value !== "function" || types.isProxy(value)) return undefined;
  const prototype = prototypeOf(value);
  return prototype && !types.isProxy(prototype) && isErrorValue(prototype) ? prototype : undefined;
}

/** Functions that are properties of a value: `services.charge`. No getter of the author is run. */
function addFunctions(values: Map<OuterValue, OuterPath>, name: string, owner: object): void {
  if (types.isProxy(owner) || Array.isArray(owner) || ArrayBuffer.isView(owner)) return;
  for (const key of Object.getOwnPropertyNames(owner)) {
    const value = ownValue(owner, key);
    if (typeof value === "function" && !values.has(value)) values.set(value, [name, key]);
  }
}
