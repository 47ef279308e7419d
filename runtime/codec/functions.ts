/** Functions that an extension stores: what the author added to them, and what inherits from their prototypes. */
import type { IntegrityTag } from "./format.ts";
import { intrinsicName, isOpenPrototype } from "./intrinsics.ts";
import { describe, hasHiddenState, ownConstructor, prototypeOf, prototypesOf } from "./kinds.ts";
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
  const keys = kept.filter((key) => isAdded(value, key));
  const described = describeProperties(scan, value, keys, integrity);
  if (!Object.hasOwn(value, "prototype") || isClass(value)) return () => described;
  const prototype = prototypeOf(value);
  if (prototype === undefined || !isNew(prototype, value)) {
    described.push(...describeProperties(scan, value, ["prototype"], integrity));
  } else return () => (scan.seen.has(prototype) ? [...described, unvisited(value, prototype, integrity)] : described);
  return () => described;
}

/** Why an object with a prototype of its own cannot be stored; undefined when it can. */
export function inheritanceProblem(value: object, isStored: (owner: object) => boolean): string | undefined {
  const problem = `${describe(value)} cannot be stored`;
  if (hasHiddenState(value)) return problem;
  for (const ancestor of prototypesOf(value)) {
    const name = intrinsicName(ancestor);
    if (name !== undefined) return isOpenPrototype(name) ? undefined : problem;
    const owner = ownConstructor(ancestor);
    if (owner === undefined || prototypeOf(owner) !== ancestor) continue;
    // A class may have private fields, and fills its instances in ways that only its constructor knows.
    if (isClass(owner)) return `${problem}${ancestor === Object.getPrototypeOf(value) ? classHint(owner) : ""}`;
    if (!isStored(owner)) return problem;
  }
  return undefined;
}

export function classHint(owner: object): string {
  return isClass(owner) ? "; if it is data, register its class with registerClass" : "";
}

/** False for what every function has, and one that is made again too. */
function isAdded(value: object, key: string | symbol): boolean {
  if (key === "length" || key === "name" || key === "prototype") return false;
  if (key !== "arguments" && key !== "caller") return true;
  const property = Object.getOwnPropertyDescriptor(value, key);
  return property?.value !== null || property.configurable === true || property.enumerable === true;
}

/** True for a prototype as every function gets one: with a `constructor`, or for generators with nothing. */
function isNew(prototype: object, owner: object): boolean {
  if (!Object.isExtensible(prototype)) return false;
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
