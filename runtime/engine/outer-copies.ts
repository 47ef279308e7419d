/** What a run keeps of an object of its module beside the path: a copy that holds the same, as long as the module's does. */
import { types } from "node:util";
import { SafeWeakSet } from "../codec/index.ts";
import { integrityOf } from "../codec/integrity.ts";
import { intrinsicName } from "../codec/intrinsics.ts";
import { hasHiddenState } from "../codec/kinds.ts";

/** Objects of the language whose state is no property of theirs. */
interface Kind {
  readonly is: (value: unknown) => boolean;
  readonly prototype: object;
  /** How many properties of their own those have that nobody added to. */
  readonly properties: number;
  readonly copy: (value: never) => object;
  /** What one holds, in order. */
  readonly contents: (value: never) => readonly unknown[];
}

const { forEach: forEachEntry, set: setEntry } = Map.prototype;
const { forEach: forEachElement, add: addElement } = Set.prototype;
const { getTime } = Date.prototype;

/** Keys and values of a Map, one behind the other. No code of the author runs. */
export function entriesOf(map: object): readonly unknown[] {
  const entries: unknown[] = [];
  Reflect.apply(forEachEntry, map, [(value: unknown, key: unknown) => entries.push(key, value)]);
  return entries;
}

/** The elements of a Set. No code of the author runs. */
export function elementsOf(set: object): readonly unknown[] {
  const elements: unknown[] = [];
  Reflect.apply(forEachElement, set, [(element: unknown) => elements.push(element)]);
  return elements;
}

const timeOf = (date: Date) => Reflect.apply(getTime, date, []);

const kinds: readonly Kind[] = [
  {
    is: types.isMap,
    prototype: Map.prototype,
    properties: 0,
    contents: entriesOf,
    copy: (map: object) => {
      const copy = new Map();
      Reflect.apply(forEachEntry, map, [(value: unknown, key: unknown) => Reflect.apply(setEntry, copy, [key, value])]);
      return copy;
    },
  },
  {
    is: types.isSet,
    prototype: Set.prototype,
    properties: 0,
    contents: elementsOf,
    copy: (set: object) => {
      const copy = new Set();
      for (const element of elementsOf(set)) Reflect.apply(addElement, copy, [element]);
      return copy;
    },
  },
  {
    is: types.isDate,
    prototype: Date.prototype,
    properties: 0,
    contents: (date: Date) => [timeOf(date)],
    copy: (date: Date) => new Date(timeOf(date)),
  },
  {
    is: types.isRegExp,
    prototype: RegExp.prototype,
    // `lastIndex`.
    properties: 1,
    contents: (pattern: RegExp) => [pattern.source, pattern.flags, pattern.lastIndex],
    copy: (pattern: RegExp) => {
      const copy = new RegExp(pattern.source, pattern.flags);
      copy.lastIndex = pattern.lastIndex;
      return copy;
    },
  },
];

function kindOf(value: object): Kind | undefined {
  if (typeof value === "function" || types.isProxy(value)) return undefined;
  const kind = kinds.find(({ is }) => is(value));
  const isBare = kind !== undefined && Object.getPrototypeOf(value) === kind.prototype;
  return isBare && Reflect.ownKeys(value).length === kind.properties ? kind : undefined;
}

/** Whether a copy can hold all that there is to an object. */
export function isCopyable(value: object): boolean {
  return isPlain(value) || kindOf(value) !== undefined;
}

/** No code of the author runs when it is asked for its properties, and there is nothing else to it. */
function isPlain(value: object): boolean {
  if (typeof value === "function" || types.isProxy(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return prototype === Array.prototype;
  if (prototype !== Object.prototype && prototype !== null) return false;
  if (bare.has(value)) return true;
  const isBare = !hasHiddenState(value) && !types.isModuleNamespaceObject(value) && intrinsicName(value) === undefined;
  if (isBare) bare.add(value);
  return isBare;
}

/** Objects that have properties only, which no object ever changes. */
const bare = new SafeWeakSet<object>();

/** An object of its own that holds the same. */
export function copyOf(value: object): object {
  const kind = kindOf(value);
  if (kind) return withIntegrity(kind.copy(value as never), integrityOf(value));
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
  if (integrityOf(value) !== integrityOf(copy)) return false;
  const kind = kindOf(value);
  if (kind) return kind === kindOf(copy) && isSameList(kind.contents(value as never), kind.contents(copy as never));
  if (!isPlain(value) || Array.isArray(value) !== Array.isArray(copy)) return false;
  if (Object.getPrototypeOf(value) !== Object.getPrototypeOf(copy)) return false;
  const keys = Reflect.ownKeys(value);
  return isSameList(keys, Reflect.ownKeys(copy)) && keys.every((key) => isSame(value, copy, key));
}

function isSameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((item, at) => Object.is(item, other[at]));
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
