/** What the language itself reads of collections while a loop runs over them, whatever a program puts in front of it. */
import { types } from "node:util";

const typedArrays = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const typedArrayLength = getterOf(typedArrays, "length");
const typedArrayValues = typedArrays.values;
const mapSize = getterOf(Map.prototype, "size");
const setSize = getterOf(Set.prototype, "size");

function getterOf(prototype: object, name: string): () => number {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get as () => number;
}

/** How many entries it has: a class may say otherwise in a `size` of its own. */
export function sizeOf(of: Map<unknown, unknown> | Set<unknown>): number {
  return Reflect.apply(types.isMap(of) ? mapSize : setSize, of, []);
}

/** Where an array's iterator ends. Throws as it does: for a typed array without its buffer, for a length that is no number. */
export function lengthOf(of: ArrayLike<unknown>): number {
  if (types.isTypedArray(of)) {
    const length = Reflect.apply(typedArrayLength, of, []);
    // One that lost its buffer has the length 0 as well; only the methods tell.
    if (length === 0) Reflect.apply(typedArrayValues, of, []);
    return length;
  }
  const length: unknown = of.length;
  if (typeof length === "number" && length >= 0 && Number.isSafeInteger(length)) return length;
  const whole = Math.trunc(+(length as number));
  return whole > 0 ? Math.min(whole, Number.MAX_SAFE_INTEGER) : 0;
}

/**
 * The keys with which a `for…in` begins. Those of a proxy are not asked yet whether they are enumerable: that is done at
 * their turn.
 */
export function keysIn(object: unknown): string[] {
  const keys: string[] = [];
  if (!hasProxy(object)) {
    for (const key in object as object) keys.push(key);
    return keys;
  }
  const seen = new Set<string>();
  for (const place of chainOf(object)) {
    for (const key of Reflect.ownKeys(place)) {
      if (typeof key === "symbol" || seen.has(key)) continue;
      seen.add(key);
      if (types.isProxy(place) || isEnumerable(place, key)) keys.push(key);
    }
  }
  return keys;
}

/** Whether a `for…in` visits the key at its turn. */
export function isVisited(object: unknown, key: string): boolean {
  for (const place of chainOf(object)) {
    const found = types.isProxy(place) ? Reflect.getOwnPropertyDescriptor(place, key) : undefined;
    if (found !== undefined) return found.enumerable === true;
    if (!types.isProxy(place) && Object.hasOwn(place, key)) return true;
  }
  return false;
}

/** The chain ends at a proxy, so that no trap is run. */
function hasProxy(object: unknown): boolean {
  for (const place of chainOf(object)) if (types.isProxy(place)) return true;
  return false;
}

function* chainOf(object: unknown): Iterable<object> {
  if (object === null || object === undefined) return;
  for (let place: object | null = Object(object); place !== null; place = Reflect.getPrototypeOf(place)) yield place;
}

const isEnumerable = (object: object, key: string) => Object.prototype.propertyIsEnumerable.call(object, key);
