/**
 * Objects within the values of a module: `plans.pro`, `steps[0]`, an entry of a Map. A variable may hold one across a
 * suspension. It is stored by its path and with what it holds: a reload finds the module's own object again, so that `===`
 * says what it said before, unless the module has another one by now. Then the run keeps what it had.
 */
import { types } from "node:util";
import { SafeMap, SafeWeakMap } from "../codec/index.ts";
import { ownValue } from "./exported.ts";
import { elementsOf, entriesOf, isCopyable } from "./outer-copies.ts";
import { isObject } from "./thenables.ts";

/** Of a property; of an entry of a Map, if it is a text or a number; the place of an element of a Set. */
export type OuterKey = string | number;

/** The name of a value, and the keys that lead from there to what it holds. */
export type OuterPath = readonly [name: string, ...keys: OuterKey[]];

/** Below a value of a module. What is behind these limits is copied. */
const mostValues = 10_000;
const mostLevels = 32;

/** So many parts are read for each frame, more of them once per process. */
const many = 200;

/** A path, from its end: most of them nobody asks for. */
type Place = OuterPath | { readonly of: Place; readonly key: OuterKey };

/** What values of a module hold, by identity: objects and functions that were there when it was made. */
export class ValuesWithin {
  readonly #places = new SafeWeakMap<object, Place>();
  /**
   * Whether an object holds, at whatever depth, what has no path: an object around it, one of a class, or what is behind the
   * limits. It is copied as a whole.
   */
  readonly #isCopied = new SafeMap<object, boolean>();
  #count = 0;
  #parts = 0;
  areMany = false;

  constructor(owners: Iterable<readonly [owner: object, path: OuterPath]>) {
    for (const [owner, path] of owners) {
      this.#count = 0;
      this.#into(owner, path);
    }
    this.areMany = this.#parts > many;
    this.#isCopied.clear();
  }

  pathOf(value: object): OuterPath | undefined {
    const place = this.#places.get(value);
    return place && pathTo(place);
  }

  #into(owner: object, place: Place, level = 1): boolean {
    // Who comes here again from within has come around.
    this.#isCopied.set(owner, true);
    const { parts, areAll } = partsOf(owner);
    this.#parts += parts.length;
    let isCopied = !areAll;
    for (const [key, value] of parts) {
      if (this.#count >= mostValues || level > mostLevels) {
        isCopied = true;
        break;
      }
      if (isObject(value)) isCopied = this.#meets(value, { of: place, key }, level + 1) || isCopied;
    }
    this.#isCopied.set(owner, isCopied);
    return isCopied;
  }

  #meets(value: object, place: Place, level: number): boolean {
    if (typeof value === "function") return this.#note(value, place);
    const known = this.#isCopied.get(value);
    if (known !== undefined) return known;
    this.#count++;
    if (isCopyable(value)) return this.#into(value, place, level) || this.#note(value, place);
    if (types.isMap(value) || types.isSet(value)) this.#into(value, place, level);
    return true;
  }

  #note(value: object, place: Place): false {
    if (!this.#places.has(value)) this.#places.set(value, place);
    return false;
  }
}

function pathTo(place: Place): OuterPath {
  return "key" in place ? [...pathTo(place.of), place.key] : place;
}

/** No code of the author runs. */
export function partOf(owner: object, key: OuterKey): unknown {
  if (types.isProxy(owner)) return undefined;
  if (types.isMap(owner)) return Reflect.apply(getEntry, owner, [key]) as unknown;
  if (types.isSet(owner)) return elementsOf(owner)[Number(key)];
  return ownValue(owner, key);
}

const { get: getEntry } = SafeMap.prototype;

interface PartsOf {
  readonly parts: readonly (readonly [key: OuterKey, value: unknown])[];
  /** There are no others. */
  readonly areAll: boolean;
}

function partsOf(owner: object): PartsOf {
  if (types.isProxy(owner) || ArrayBuffer.isView(owner)) return { parts: [], areAll: false };
  if (types.isMap(owner)) return partsOfMap(owner);
  if (types.isSet(owner)) return { parts: elementsOf(owner).map((element, at) => [at, element]), areAll: true };
  const values = (keys: readonly string[]): PartsOf["parts"] => keys.map((key) => [key, ownValue(owner, key)]);
  if (Array.isArray(owner) && owner.length > mostValues) {
    return { parts: values(Array.from({ length: mostValues }, (_, index) => String(index))), areAll: false };
  }
  const all = Reflect.ownKeys(owner);
  const keys = all.filter((key) => typeof key === "string");
  if (!Array.isArray(owner)) return { parts: values(keys), areAll: keys.length === all.length };
  // What else an array has, such as a method of its own, is found by the array.
  const indexes = keys.filter((key) => /^\d+$/.test(key));
  return { parts: values(indexes), areAll: all.length === indexes.length + 1 };
}

function partsOfMap(map: object): PartsOf {
  const entries = entriesOf(map);
  const parts: [OuterKey, unknown][] = [];
  let areAll = true;
  for (let at = 0; at < entries.length; at += 2) {
    const [key, value] = [entries[at], entries[at + 1]];
    if (typeof key === "string" || (typeof key === "number" && Number.isFinite(key))) parts.push([key, value]);
    else if (isObject(key) || isObject(value)) areAll = false;
  }
  return { parts, areAll };
}
