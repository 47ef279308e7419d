/**
 * Plain objects and arrays within the values of a module: `plans.pro`, `steps[0]`. A variable may hold one across a
 * suspension. It is stored by its path and with what it holds: a reload finds the module's own object again, so that `===`
 * says what it said before, unless that holds something else by now. Then the run keeps what it had.
 */
import { types } from "node:util";
import { SafeMap, SafeWeakMap } from "../codec/index.ts";
import { integrityOf } from "../codec/integrity.ts";
import { intrinsicName } from "../codec/intrinsics.ts";
import { hasHiddenState } from "../codec/kinds.ts";
import { ownValue } from "./exported.ts";
import { isObject } from "./thenables.ts";

/** The name of a value, and the keys that lead from there to what it holds: of properties, or of a Map if they are texts. */
export type OuterPath = readonly [name: string, ...keys: string[]];

/** Below a value of a module. What is behind these limits is copied. */
const mostValues = 10_000;
const mostLevels = 32;

/** So many are read once per process, fewer each time a run is taken up. */
const many = 200;

/** What values of a module hold, by identity: objects and functions as they were when somebody asked first. */
export class ValuesWithin {
  readonly #paths = new SafeWeakMap<object, OuterPath>();
  /**
   * Whether an object holds, at whatever depth, what a copy is not compared with: an object around it, one that is not plain,
   * or what is behind the limits. It is copied as a whole.
   */
  readonly #isCopied = new SafeMap<object, boolean>();
  #count = 0;
  areMany = false;

  constructor(owners: readonly (readonly [owner: object, path: OuterPath])[]) {
    for (const [owner, path] of owners) {
      this.#count = 0;
      this.#into(owner, path);
      this.areMany ||= this.#count > many;
    }
    this.#isCopied.clear();
  }

  pathOf(value: object): OuterPath | undefined {
    return this.#paths.get(value);
  }

  #into(owner: object, path: OuterPath): boolean {
    // Who comes here again from within has come around.
    this.#isCopied.set(owner, true);
    const { keys, areAll } = keysOf(owner);
    let isCopied = !areAll;
    for (const key of keys) {
      if (this.#count >= mostValues || path.length > mostLevels) {
        isCopied = true;
        break;
      }
      const value = partOf(owner, key);
      if (isObject(value)) isCopied = this.#meets(value, [...path, key]) || isCopied;
    }
    this.#isCopied.set(owner, isCopied);
    return isCopied;
  }

  #meets(value: object, path: OuterPath): boolean {
    if (typeof value === "function") return this.#note(value, path);
    const known = this.#isCopied.get(value);
    if (known !== undefined) return known;
    this.#count++;
    if (isPlain(value)) return this.#into(value, path) || this.#note(value, path);
    if (isMap(value)) this.#into(value, path);
    return true;
  }

  #note(value: object, path: OuterPath): false {
    if (!this.#paths.has(value)) this.#paths.set(value, path);
    return false;
  }
}

const { get: getEntry, forEach: forEachEntry } = SafeMap.prototype;

function isMap(value: object): boolean {
  return !types.isProxy(value) && types.isMap(value);
}

/** No code of the author runs. */
export function partOf(owner: object, key: string): unknown {
  return isMap(owner) ? (Reflect.apply(getEntry, owner, [key]) as unknown) : ownValue(owner, key);
}

interface Keys {
  readonly keys: readonly string[];
  /** There are no others. */
  readonly areAll: boolean;
}

function keysOf(owner: object): Keys {
  if (types.isProxy(owner) || ArrayBuffer.isView(owner)) return { keys: [], areAll: false };
  if (isMap(owner)) return { keys: textKeys(owner), areAll: false };
  if (Array.isArray(owner) && owner.length > mostValues) {
    return { keys: Array.from({ length: mostValues }, (_, index) => String(index)), areAll: false };
  }
  const all = Reflect.ownKeys(owner);
  const keys = all.filter((key) => typeof key === "string");
  if (!Array.isArray(owner)) return { keys, areAll: keys.length === all.length };
  // What else an array has, such as a method of its own, is found by the array.
  const indexes = keys.filter((key) => /^\d+$/.test(key));
  return { keys: indexes, areAll: all.length === indexes.length + 1 };
}

function textKeys(map: object): readonly string[] {
  const keys: string[] = [];
  const note = (_: unknown, key: unknown) => {
    if (typeof key === "string" && keys.length < mostValues) keys.push(key);
  };
  Reflect.apply(forEachEntry, map, [note]);
  return keys;
}

/** No code of the author runs when it is asked for its properties, and there is nothing else to it. */
export function isPlain(value: object): boolean {
  if (typeof value === "function" || types.isProxy(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return prototype === Array.prototype;
  if (prototype !== Object.prototype && prototype !== null) return false;
  return !hasHiddenState(value) && !types.isModuleNamespaceObject(value) && intrinsicName(value) === undefined;
}

/** An object of its own that holds the same. */
export function copyOf(value: object): object {
  const copy = Array.isArray(value) ? [] : (Object.create(Object.getPrototypeOf(value) as object | null) as object);
  Object.defineProperties(copy, Object.getOwnPropertyDescriptors(value));
  return withIntegrity(copy, integrityOf(value));
}

function withIntegrity(copy: object, integrity: ReturnType<typeof integrityOf>): object {
  if (integrity === "$frozen") return Object.freeze(copy);
  if (integrity === "$sealed") return Object.seal(copy);
  return integrity === undefined ? copy : Object.preventExtensions(copy);
}

/** Whether an object of the module holds what its copy does: the same values, in the same order. */
export function holdsTheSame(value: object, copy: object): boolean {
  if (!isPlain(value) || Array.isArray(value) !== Array.isArray(copy) || integrityOf(value) !== integrityOf(copy))
    return false;
  if (Object.getPrototypeOf(value) !== Object.getPrototypeOf(copy)) return false;
  const keys = Reflect.ownKeys(value);
  const others = Reflect.ownKeys(copy);
  return keys.length === others.length && keys.every((key, at) => key === others[at] && isSame(value, copy, key));
}

function isSame(value: object, copy: object, key: PropertyKey): boolean {
  const one = Object.getOwnPropertyDescriptor(value, key);
  const other = Object.getOwnPropertyDescriptor(copy, key);
  return (
    one !== undefined &&
    other !== undefined &&
    Object.is(one.value, other.value) &&
    one.get === other.get &&
    one.set === other.set &&
    one.enumerable === other.enumerable &&
    one.writable === other.writable &&
    one.configurable === other.configurable
  );
}
