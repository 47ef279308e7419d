/** What a value is, found out without running any code of its author: descriptors only, no `Get` on objects. */

import { types } from "node:util";
import { SafeWeakMap } from "./collections.ts";

const nativeNames = new SafeWeakMap<object, string | null>();

/**
 * The name of the built-in class that a prototype belongs to, of whatever realm: "Map" for `Map.prototype`.
 * Undefined for prototypes of classes written in JavaScript.
 */
export function nativeName(prototype: object): string | undefined {
  const known = nativeNames.get(prototype);
  if (known !== undefined) return known ?? undefined;
  const owner = ownConstructor(prototype);
  const native =
    owner !== undefined &&
    Object.getOwnPropertyDescriptor(owner, "prototype")?.value === prototype &&
    isNativeFunction(owner);
  const name = native ? functionName(owner) : undefined;
  nativeNames.set(prototype, name ?? null);
  return name;
}

/** True for functions of the engine, and for bound ones. */
export function isNativeFunction(value: object): boolean {
  return Function.prototype.toString.call(value).endsWith("{ [native code] }");
}

/** The prototypes of a value, nearest first; ends before a proxy, whose traps would be code of the author. */
export function* prototypesOf(value: object): Generator<object> {
  let prototype: object | null = Object.getPrototypeOf(value);
  while (prototype !== null && !types.isProxy(prototype)) {
    yield prototype;
    prototype = Object.getPrototypeOf(prototype);
  }
}

/** True for errors of every realm and for objects that inherit from `Error.prototype`. */
export function isErrorValue(value: object): boolean {
  if (types.isNativeError(value)) return true;
  return inherits(value, Error.prototype);
}

/** As `instanceof`, without code of the author. */
export function inherits(value: object, from: object): boolean {
  for (const prototype of prototypesOf(value)) if (prototype === from) return true;
  return false;
}

/**
 * True for objects that are more than their properties, as far as can be told. Those whose state nothing shows (a
 * WeakRef, an instance of a class with private fields) are recognised by their prototypes instead.
 */
export function hasHiddenState(value: object): boolean {
  return hiddenKinds.some((is) => is(value));
}

const hiddenKinds: readonly ((value: unknown) => boolean)[] = [
  Array.isArray,
  types.isArgumentsObject,
  types.isBoxedPrimitive,
  types.isMap,
  types.isSet,
  types.isWeakMap,
  types.isWeakSet,
  types.isDate,
  types.isRegExp,
  types.isPromise,
  types.isNativeError,
  types.isGeneratorObject,
  types.isMapIterator,
  types.isSetIterator,
  types.isAnyArrayBuffer,
  ArrayBuffer.isView,
  types.isModuleNamespaceObject,
  types.isExternal,
  types.isProxy,
];

/**
 * True for a built-in object that was given the prototype of records. Asking takes long, so only those are asked that
 * have no properties, as such objects mostly do, or elements.
 */
export function isDisguised(value: object, firstKey: string | symbol | undefined): boolean {
  if (firstKey === undefined) return emptyKinds.some((is) => is(value));
  return firstKey === "0" && hasHiddenState(value);
}

const emptyKinds: readonly ((value: unknown) => boolean)[] = [
  types.isMap,
  types.isSet,
  types.isDate,
  types.isPromise,
  types.isBoxedPrimitive,
  types.isWeakMap,
  types.isWeakSet,
];

/** A value as a noun phrase for messages: "a Socket", "the function load", "a symbol". */
export function describe(value: unknown): string {
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "function") return describeFunction(value);
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  if (types.isProxy(value)) return "a Proxy";
  if (types.isGeneratorObject(value)) return "a generator";
  if (types.isModuleNamespaceObject(value)) return "a module namespace";
  if (types.isArgumentsObject(value)) return "an arguments object";
  const name = typeName(value);
  if (types.isBoxedPrimitive(value)) return `a boxed ${name}`;
  if (name !== undefined) return withArticle(name);
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ? "an object" : "an object with a prototype of its own";
}

function describeFunction(value: object): string {
  if (types.isProxy(value)) return "a Proxy";
  const name = functionName(value);
  return name ? `the function ${name}` : "a function";
}

/** The name of the nearest class in the prototype chain that has one, `Object` aside. */
function typeName(value: object): string | undefined {
  for (const prototype of prototypesOf(value)) {
    const owner = ownConstructor(prototype);
    const name = owner === undefined ? toStringTag(prototype) : functionName(owner);
    if (name !== undefined && name !== "" && name !== "Object") return name;
  }
  return undefined;
}

/** What instances of a function inherit from. */
export function prototypeOf(value: object): object | undefined {
  const prototype: unknown = Object.getOwnPropertyDescriptor(value, "prototype")?.value;
  return typeof prototype === "object" && prototype !== null ? prototype : undefined;
}

/** True for the prototype of a function that says so itself. */
export function isPrototype(value: object): boolean {
  const owner = ownConstructor(value);
  return owner !== undefined && prototypeOf(owner) === value;
}

export function functionName(value: object): string | undefined {
  const name: unknown = Object.getOwnPropertyDescriptor(value, "name")?.value;
  return typeof name === "string" ? name : undefined;
}

export function ownConstructor(prototype: object): object | undefined {
  if (types.isProxy(prototype)) return undefined;
  const owner: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof owner === "function" && !types.isProxy(owner) ? owner : undefined;
}

function toStringTag(prototype: object): string | undefined {
  const tag: unknown = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value;
  return typeof tag === "string" ? tag : undefined;
}

function withArticle(noun: string): string {
  // "U" mostly begins as "you" does: a Uint8Array, a URL, a User.
  return `${/^[aeio]/i.test(noun) ? "an" : "a"} ${noun}`;
}

/** The getter of the language itself, which instances and subclasses cannot replace. */
export function getterOf<T>(prototype: object, name: string | symbol): (value: object) => T {
  const getter = Object.getOwnPropertyDescriptor(prototype, name)?.get as (this: object) => T;
  return (value) => Reflect.apply(getter, value, []);
}
