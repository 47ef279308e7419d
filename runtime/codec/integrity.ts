/** What an object may still be changed in. */
import type { IntegrityTag } from "./format.ts";

/** The tag of an object that lost the default freedom of change; undefined for all others. */
export function integrityOf(value: object): IntegrityTag | undefined {
  if (Object.isExtensible(value)) return undefined;
  // V8 calls an empty sealed array frozen, although its length can be set.
  const isFrozen = Object.isFrozen(value) && !(Array.isArray(value) && hasWritableLength(value));
  if (isFrozen) return "$frozen";
  return Object.isSealed(value) ? "$sealed" : "$inextensible";
}

export function hasWritableLength(array: readonly unknown[]): boolean {
  return Object.getOwnPropertyDescriptor(array, "length")?.writable === true;
}
