/**
 * Own properties that a plain record cannot express: named by symbols, accessors, or with attributes of their own.
 *
 * The keys of an object are stored in their order. The first ones, as far as they are ordinary, are its record; from
 * the first other one on they are described one by one, in the tag `$properties` around the object.
 */
import type { IntegrityTag } from "./format.ts";
import { isPrototype } from "./kinds.ts";
import type { Scan } from "./scan.ts";
import type { Writer } from "./write.ts";

/** One property as it will be described. */
export interface Described {
  readonly key: string | symbol;
  readonly property: PropertyDescriptor;
  /** Attributes before the integrity of the whole object takes some away. */
  readonly flags: string;
}

/** True for data with the attributes that every new property has, but for what the integrity of its object takes. */
export function isOrdinary(property: PropertyDescriptor, integrity: IntegrityTag | undefined): boolean {
  const writable = integrity !== "$frozen";
  return (
    property.enumerable === true &&
    property.writable === writable &&
    property.configurable === (writable && integrity !== "$sealed")
  );
}

/** Visits the values of properties and says how to describe them. */
export function describeProperties(
  scan: Scan,
  value: object,
  keys: Iterable<string | symbol>,
  integrity: IntegrityTag | undefined,
): Described[] {
  const described: Described[] = [];
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    const place = typeof key === "symbol" ? String(key) : key;
    if (property === undefined) scan.refuse("the property changed while it was being encoded", place);
    if (typeof key === "symbol") scan.value(key);
    if (isAccessor(property)) {
      scan.child(`get ${place}`, property.get);
      scan.child(`set ${place}`, property.set);
    } else {
      scan.child(place, property.value);
    }
    // A function stores its prototype once something else refers to it, and then both must be shared.
    if (key === "constructor" && isPrototype(value)) scan.defined.add(value);
    described.push({ key, property, flags: flagsOf(property, integrity) });
  }
  return described;
}

/** Writes what `base` writes, with described properties around it if there are any. */
export function writeProperties(out: Writer, described: readonly Described[], base: () => void): void {
  if (described.length === 0) return base();
  out.tagged("$properties", () => {
    out.raw("[");
    base();
    out.raw(",");
    out.list(described, (each) => writeProperty(out, each));
    out.raw("]");
  });
}

function writeProperty(out: Writer, { key, property, flags }: Described): void {
  const parts: unknown[] = isAccessor(property)
    ? [key, property.get, property.set, flags]
    : flags === "wec"
      ? [key, property.value]
      : [key, property.value, flags];
  out.list(parts, (part) => out.value(part));
}

export function isAccessor(property: PropertyDescriptor): boolean {
  return property.get !== undefined || property.set !== undefined || !Object.hasOwn(property, "value");
}

function flagsOf(property: PropertyDescriptor, integrity: IntegrityTag | undefined): string {
  const writable = property.writable === true || (integrity === "$frozen" && !isAccessor(property));
  const configurable = property.configurable === true || integrity === "$frozen" || integrity === "$sealed";
  return `${writable ? "w" : ""}${property.enumerable ? "e" : ""}${configurable ? "c" : ""}`;
}
