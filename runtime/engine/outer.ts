/**
 * What compiled code refers to outside of itself: functions, classes, clients, collections and symbols of its module, and
 * what the module imports. A variable may hold one of them across a suspension. It is stored by the name under which the code
 * knows it, and is the module's own value again after a reload.
 */

import { types } from "node:util";
import { isErrorValue, prototypeOf, SafeMap, SafeSet, SafeWeakMap } from "../codec/index.ts";
import { intrinsicName } from "../codec/intrinsics.ts";
import { ownValue } from "./exported.ts";
import { copyOf, isCopyable } from "./outer-copies.ts";
import { noteFunction, type StoredPaths } from "./outer-notes.ts";
import { type OuterPath, partOf, ValuesWithin } from "./outer-objects.ts";
import type { CompiledCode } from "./registry.ts";
import { isObject } from "./thenables.ts";

/** Names that code refers to, each with a function that reads it. The file of the code assigns to none; others may. */
export type OuterNames = Readonly<Record<string, () => unknown>>;

type OuterValue = object | symbol;

const readValues = new SafeWeakMap<OuterNames, ReadonlyMap<OuterValue, OuterPath>>();

/** What is within the values of some names. */
interface Within {
  /** Of which this is within. */
  readonly values: ReadonlyMap<OuterValue, OuterPath>;
  readonly owners: readonly Owner[];
  /** When code of a run came here first. */
  readonly atFirst: ValuesWithin;
  now: ValuesWithin;
}

type Owner = readonly [value: object, path: OuterPath];

const readWithin = new SafeWeakMap<OuterNames, Within>();

/** The objects, functions and symbols that code refers to, by identity. */
export class OuterValues {
  /** References to code by what it refers to: methods are made anew at each call. */
  readonly #codes = new SafeMap<OuterNames, string>();
  /** Read anew for the frame that is being written. */
  readonly #isRead = new SafeSet<OuterNames>();

  /** This process wrote the frame that is read, and no code of the run went on behind it: what its paths mean. */
  ofFrame: StoredPaths | undefined;
  #stored = new SafeMap<string, WeakRef<object>>();

  /** A frame is about to be written: the run, and others, may have changed what objects of the module hold. */
  begin(): void {
    this.#isRead.clear();
    if (this.#stored.size > 0) this.#stored = new SafeMap();
  }

  /** What the paths in the frame mean that was written last. */
  get stored(): StoredPaths {
    return this.#stored;
  }

  /** The code is used by the run. */
  add(code: Pick<CompiledCode, "outer">, reference: string): void {
    if (code.outer === undefined) return;
    this.#codes.set(code.outer, reference);
    // Before code of a run has put something of its own there.
    if (!readWithin.has(code.outer)) withinOf(code.outer, false);
  }

  /** Reference to code and name of a value; undefined for one that no code of the run refers to. */
  pathOf(value: OuterValue): readonly [code: string, ...path: OuterPath] | undefined {
    for (const [names, id] of this.#codes) {
      const path = pathIn(names, value, !this.#isRead.has(names));
      this.#isRead.add(names);
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
  store(value: object): readonly unknown[] | undefined {
    const found = this.pathOfStored(value);
    if (found === undefined) return undefined;
    const [code, ...path] = found;
    const isWithin = path.length > 1 && isCopyable(value);
    if (typeof value === "function") {
      for (const [names, id] of this.#codes) if (id === code) noteFunction(names, path, value);
    } else if (!isWithin) return found;
    this.#stored.set(pathKey(code, path), new WeakRef(value));
    return isWithin ? [...found, copyOf(value)] : found;
  }
}

export function pathKey(code: string, path: OuterPath): string {
  return JSON.stringify([code, ...path]);
}

/** What the language has by a name of its own is stored by that one, which nobody assigns to. */
function pathIn(names: OuterNames, value: OuterValue, isFirst: boolean): OuterPath | undefined {
  const path = valuesOf(names).get(value) ?? (isObject(value) ? pathWithin(names, value, isFirst) : undefined);
  if (path === undefined || (typeof value !== "symbol" && intrinsicName(value) !== undefined)) return undefined;
  if (valueAt(names, path) === value) return path;
  // A name or a property was assigned to since they were read.
  readValues.delete(names);
  const other = valuesOf(names).get(value);
  return other && valueAt(names, other) === value ? other : undefined;
}

/** The path of what a value of the module holds now, if it does. */
export function pathWithin(names: OuterNames, value: object, isRefreshed: boolean): OuterPath | undefined {
  return withinOf(names, isRefreshed).now.pathOf(value);
}

/** Whether a value of the module held an object before runs may have put it there. */
export function wasThere(names: OuterNames, value: object): boolean {
  return withinOf(names, false).atFirst.pathOf(value) !== undefined;
}

/** @param isRefreshed what values hold is read again, unless that is much */
function withinOf(names: OuterNames, isRefreshed: boolean): Within {
  const values = valuesOf(names);
  const known = readWithin.get(names);
  // Not all of them may be initialised: then they are others each time.
  if (known && (known.values === values || !isRefreshed)) {
    if (isRefreshed && !known.now.areMany) known.now = new ValuesWithin(known.owners);
    return known;
  }
  const owners = [...values].filter((each): each is [object, OuterPath] => isObject(each[0]) && each[1].length === 1);
  const now = new ValuesWithin(owners);
  const within = { values, owners, now, atFirst: known?.atFirst ?? now };
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
      addErrorPrototype(values, value, [name]);
      addProperties(values, name, value);
    } catch {
      // Not initialised yet, or not there at all: asked again the next time.
      isComplete = false;
    }
  }
  if (isComplete) readValues.set(names, values);
  return values;
}

/** What instances of a class of errors inherit, so that they come back as what code asks for with `instanceof`. */
function addErrorPrototype(values: Map<OuterValue, OuterPath>, value: object, path: OuterPath): void {
  if (typeof value !== "function" || types.isProxy(value)) return;
  const prototype = prototypeOf(value);
  if (prototype && !types.isProxy(prototype) && isErrorValue(prototype) && !values.has(prototype))
    values.set(prototype, [...path, "prototype"]);
}

/** Functions and symbols that are properties of a value by now: `services.charge`. No getter of the author is run. */
function addProperties(values: Map<OuterValue, OuterPath>, name: string, owner: object): void {
  if (types.isProxy(owner) || Array.isArray(owner) || ArrayBuffer.isView(owner)) return;
  for (const key of Object.getOwnPropertyNames(owner)) {
    const value = ownValue(owner, key);
    if ((typeof value !== "function" && typeof value !== "symbol") || values.has(value)) continue;
    values.set(value, [name, key]);
    if (typeof value === "function") addErrorPrototype(values, value, [name, key]);
  }
}
