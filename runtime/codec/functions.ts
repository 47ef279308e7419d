/** Functions and classes that an extension stores: what the author added to them, and what inherits from their prototypes. */
import { types } from "node:util";
import { classOfPrototype, hasPrivateFields } from "./classes.ts";
import type { IntegrityTag } from "./format.ts";
import { intrinsicName, isOpenPrototype } from "./intrinsics.ts";
import { describe, ownConstructor, prototypeOf, prototypesOf } from "./kinds.ts";
import { type Described, describeProperties } from "./properties.ts";
import type { Scan } from "./scan.ts";

/**
 * Visits the own properties of a function beyond those it is made with. Answers them when the scan is over: a
 * prototype that is as new is stored only if something else refers to it.
 */
export function functionProperties(
  scan: Scan,
  value: object,
  kept: readonly (string | symbol)[],
  integrity: IntegrityTag | undefined,
): () => readonly Described[] {
  const keys = typeof value === "function" ? kept.filter((key) => isAdded(value, key)) : kept;
  const described = describeProperties(scan, value, keys, integrity);
  if (typeof value !== "function" || !Object.hasOwn(value, "prototype") || isClass(value)) return () => described;
  const prototype = prototypeOf(value);
  if (prototype === undefined || !isNew(prototype, value)) {
    described.push(...describeProperties(scan, value, ["prototype"], integrity));
  } else {
    // That of a generator function does not lead to it: whatever refers to it is to find the same object.
    if (!Object.hasOwn(prototype, "constructor")) scan.defined.add(prototype);
    return () => (scan.seen.has(prototype) ? [...described, unvisited(value, prototype, integrity)] : described);
  }
  return () => described;
}

/** What is known of the functions and classes that extensions store. */
export interface StoredOwners {
  /** The function whose instances inherit from an object. */
  ownerOf(prototype: object): object | undefined;
  /** It comes back together with its prototype. */
  isStored(owner: object): boolean;
  /** It is not of the language, but of an extension. */
  isExtended(owner: object): boolean;
  instanceProblem(owner: object): string | undefined;
  /** It is not made again but found, where code knows it: what instances of a class of a module inherit. */
  isFound(prototype: object): boolean;
}

/**
 * Why an object cannot be stored because of what it inherits from; undefined when it can. Of a built-in object nothing is
 * hidden.
 */
export function ancestryProblem(value: object, owners: StoredOwners, isBuiltIn = false): string | undefined {
  const problem = `${describe(value)} cannot be stored`;
  for (const ancestor of prototypesOf(value)) {
    const name = intrinsicName(ancestor);
    if (name !== undefined) return isBuiltIn || isOpenPrototype(name) ? undefined : problem;
    const owner = owners.ownerOf(ancestor);
    if (owner === undefined) continue;
    if (owners.isStored(owner)) {
      const why = owners.instanceProblem(owner);
      if (why !== undefined) return `${problem}: ${why}`;
      continue;
    }
    if (isRegisteredBelow(value, ancestor)) continue;
    // A class may have private fields, and fills its instances in ways that only its constructor knows.
    if (isClass(owner)) return `${problem}${ancestor === Object.getPrototypeOf(value) ? classHint(owner) : ""}`;
    return problem;
  }
  return undefined;
}

/** A registered class of data is no obstacle to classes that extend it. */
function isRegisteredBelow(value: object, ancestor: object): boolean {
  const registered = classOfPrototype(ancestor);
  return registered !== undefined && registered.codec === undefined && ancestor !== Object.getPrototypeOf(value);
}

/** The class of the run whose direct instance this is. */
export function storedClassOf(prototype: object, owners: StoredOwners): object | undefined {
  const owner = owners.ownerOf(prototype);
  return owner !== undefined && isClass(owner) && owners.isExtended(owner) ? owner : undefined;
}

/** What an error inherits that is found again; undefined when a registered class or one of the language is nearer. */
export function foundPrototype(error: object, owners: StoredOwners): object | undefined {
  for (const ancestor of prototypesOf(error)) {
    if (intrinsicName(ancestor) !== undefined || classOfPrototype(ancestor)) return undefined;
    const owner = owners.isFound(ancestor) ? ownConstructor(ancestor) : undefined;
    if (owner) return hasPrivateFields(owner) ? undefined : ancestor;
  }
  return undefined;
}

export function classHint(owner: object): string {
  return isClass(owner) ? "; if it is data, register its class with registerClass" : "";
}

/** False for what every function has, and one that is made again too. */
function isAdded(value: object, key: string | symbol): boolean {
  if (key === "prototype") return false;
  if (key !== "arguments" && key !== "caller") return true;
  const property = Object.getOwnPropertyDescriptor(value, key);
  return property?.value !== null || property.configurable === true || property.enumerable === true;
}

/** True for a prototype as every function gets one: with a `constructor`, or for generators with nothing. */
export function isNew(prototype: object, owner: object): boolean {
  if (types.isProxy(prototype) || !Object.isExtensible(prototype)) return false;
  const keys = Reflect.ownKeys(prototype);
  const above: unknown = Object.getPrototypeOf(prototype);
  if (keys.length === 0) return above !== Object.prototype && above === prototypeOf(Object.getPrototypeOf(owner) ?? {});
  const property = Object.getOwnPropertyDescriptor(prototype, "constructor");
  return (
    keys.length === 1 &&
    above === Object.prototype &&
    property?.value === owner &&
    !property.enumerable &&
    property.writable === true &&
    property.configurable === true
  );
}

function unvisited(owner: object, value: object, integrity: IntegrityTag | undefined): Described {
  const writable = Object.getOwnPropertyDescriptor(owner, "prototype")?.writable === true || integrity === "$frozen";
  const property = { value, writable, enumerable: false, configurable: false };
  return {
    key: "prototype",
    property,
    flags: `${writable ? "w" : ""}${integrity === "$frozen" || integrity === "$sealed" ? "c" : ""}`,
  };
}

export function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}
