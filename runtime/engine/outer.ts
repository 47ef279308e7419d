/**
 * What compiled code refers to outside of itself: functions, classes, clients, collections and symbols of its module, and
 * what the module imports. A variable may hold one of them across a suspension. It is stored by the name under which the code
 * knows it, and is the module's own value again after a reload.
 */

import { types } from "node:util";
import { isErrorValue, prototypeOf, SafeMap, SafeSet, SafeWeakMap } from "../codec/index.ts";
import { intrinsicName } from "../codec/intrinsics.ts";
import { ownValue } from "./exported.ts";
import { copyOf, isPlain, type OuterPath, partOf, ValuesWithin } from "./outer-objects.ts";
import type { CompiledCode } from "./registry.ts";
import { isObject } from "./thenables.ts";

/** Names that code refers to, each with a function that reads it. The file of the code assigns to none; others may. */
export type OuterNames = Readonly<Record<string, () => unknown>>;

type OuterValue = object | symbol;

const readValues = new SafeWeakMap<OuterNames, ReadonlyMap<OuterValue, OuterPath>>();

const readWithin = new SafeWeakMap<OuterNames, ValuesWithin>();

/** Functions by the paths under which this process stored them last. */
const storedAs = new SafeWeakMap<OuterNames, Map<string, WeakRef<object>>>();

/** The objects, functions and symbols that code refers to, by identity. */
export class OuterValues {
  /** References to code by what it refers to: methods are made anew at each call. */
  readonly #codes = new SafeMap<OuterNames, string>();
  readonly #asked = new SafeSet<OuterNames>();

  /** The code is used by the run. */
  add(code: Pick<CompiledCode, "outer">, reference: string): void {
    if (code.outer !== undefined) this.#codes.set(code.outer, reference);
  }

  /** Reference to code and name of a value; undefined for one that no code of the run refers to. */
  pathOf(value: OuterValue): readonly [code: string, ...path: OuterPath] | undefined {
    for (const [names, id] of this.#codes) {
      const path = pathIn(names, value, !this.#asked.has(names));
      this.#asked.add(names);
      if (path !== undefined) return [id, ...path];
    }
    return undefined;
  }

  /** As `pathOf`, for a value that the codec has no other form for: a function may have been assigned since names were read. */
  pathOfStored(value: OuterValue): readonly [code: string, ...path: OuterPath] | undefined {
    const found = this.pathOf(value);
    if (found !== undefined || typeof value !== "function" || intrinsicName(value) !== undefined) return found;
    for (const names of this.#codes.keys()) readValues.delete(names);
    return this.pathOf(value);
  }

  /** As `pathOfStored`, and takes note of it; what is within a value of the module comes with what it holds. */
  store(value: object): readonly (string | object)[] | undefined {
    const found = this.pathOfStored(value);
    if (found === undefined) return undefined;
    const [code, ...path] = found;
    if (typeof value !== "function") return path.length > 1 && isPlain(value) ? [...found, copyOf(value)] : found;
    for (const [names, id] of this.#codes) if (id === code) noteStored(names, path, value);
    return found;
  }
}

function noteStored(names: OuterNames, path: OuterPath, value: object): void {
  const known = storedAs.get(names) ?? (new SafeMap() as Map<string, WeakRef<object>>);
  const key = path.join(".");
  if (known.get(key)?.deref() === value) return;
  known.set(key, new WeakRef(value));
  storedAs.set(names, known);
}

/** Whether a function was exchanged since this process stored it: another one stands at its path. */
export function wasExchanged(names: OuterNames, path: OuterPath, value: unknown): boolean {
  const before = storedAs.get(names)?.get(path.join("."))?.deref();
  return before !== undefined && before !== value;
}

/** What the language has by a name of its own is stored by that one, which nobody assigns to. */
function pathIn(names: OuterNames, value: OuterValue, isFirst: boolean): OuterPath | undefined {
  const path = valuesOf(names).get(value) ?? (isObject(value) ? withinOf(names, isFirst).pathOf(value) : undefined);
  if (path === undefined || (typeof value !== "symbol" && intrinsicName(value) !== undefined)) return undefined;
  if (valueAt(names, path) === value) return path;
  // A name or a property was assigned to since they were read.
  readValues.delete(names);
  const other = valuesOf(names).get(value);
  return other && valueAt(names, other) === value ? other : undefined;
}

/** @param isRefreshed values that were read before are read again, unless they are many */
function withinOf(names: OuterNames, isRefreshed: boolean): ValuesWithin {
  const known = readWithin.get(names);
  if (known && (!isRefreshed || known.areMany)) return known;
  const owners = [...valuesOf(names)].filter(
    (each): each is [object, OuterPath] => isObject(each[0]) && each[1].length === 1,
  );
  const within = new ValuesWithin(owners);
  readWithin.set(names, within);
  return within;
}

/** The value at a path; undefined when there is none any more. */
export function valueAt(names: OuterNames, [name, ...keys]: OuterPath): unknown {
  const value = Object.hasOwn(names, name) ? names[name]?.() : undefined;
  return keys.reduce((owner, key) => (isObject(owner) ? partOf(owner, key) : undefined), value);
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
      addProperties(values, name, value);
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

/** Functions and symbols that are properties of a value by now: `services.charge`. No getter of the author is run. */
function addProperties(values: Map<OuterValue, OuterPath>, name: string, owner: object): void {
  if (types.isProxy(owner) || Array.isArray(owner) || ArrayBuffer.isView(owner)) return;
  for (const key of Object.getOwnPropertyNames(owner)) {
    const value = ownValue(owner, key);
    if ((typeof value === "function" || typeof value === "symbol") && !values.has(value))
      values.set(value, [name, key]);
  }
}
