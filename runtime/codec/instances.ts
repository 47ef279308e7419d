/** Scanning objects that are neither plain nor arrays: errors, built-in ones, instances of classes. */
import { types } from "node:util";
import { scanArray } from "./arrays.ts";
import { classOfPrototype, type RegisteredClass } from "./classes.ts";
import { scanErrorValue } from "./error-forms.ts";
import type { IntegrityTag } from "./format.ts";
import { builtInForms, scanInstance } from "./forms.ts";
import { builtInBelow, inheritanceProblem, storedClassOf } from "./functions.ts";
import { integrityOf } from "./integrity.ts";
import { lateIntrinsicName } from "./intrinsics.ts";
import { describe, hasHiddenState, isErrorValue, isPrototype, nativeName, prototypesOf } from "./kinds.ts";
import type { Scan } from "./scan.ts";

type Encode = (value: object) => unknown;

export function scanSpecial(scan: Scan, value: object, prototype: object): void {
  if (types.isProxy(prototype)) scan.refuse("an object whose prototype is a Proxy cannot be stored");
  const registered = classOfPrototype(prototype);
  if (registered?.codec) return scanCustom(scan, value, registered, registered.codec.encode);
  const maker = hasHiddenState(value) ? undefined : scan.makerOf(prototype);
  if (maker) return scan.extensionValue(value, maker);
  const integrity = integrityOf(value);
  if (storedClassOf(prototype, scan)) return scanOwnInstance(scan, value, prototype, integrity);
  // Prototypes of error classes inherit from errors, and are none.
  if (isErrorValue(value) && (types.isNativeError(value) || !isPrototype(value))) {
    return scanErrorValue(scan, value as Error, registered, integrity);
  }
  if (registered) return scanInstance(scan, value, registered);
  if (Array.isArray(value) && nativeName(prototype) === "Array") return scanArray(scan, value, integrity);
  // A plain object of another realm comes back as one of this realm.
  if (nativeName(prototype) === "Object") return scan.record(value, (_out, write) => write());
  for (const form of builtInForms) {
    if (form.matches(value, prototype)) return scan.keep(value, integrity, form.scan(scan, value, integrity));
  }
  scanInheriting(scan, value, prototype);
}

/** An instance of a class of the run. If it is built in, it has the form of its built-in class. */
function scanOwnInstance(scan: Scan, value: object, prototype: object, integrity: IntegrityTag | undefined): void {
  const base = builtInBelow(value, scan);
  if (base === undefined) {
    if (types.isNativeError(value)) return scanErrorValue(scan, value, undefined, integrity);
    return scanInheriting(scan, value, prototype);
  }
  for (const ancestor of prototypesOf(value)) {
    const owner = storedClassOf(ancestor, scan);
    const problem = owner && scan.instanceProblem(owner);
    if (problem !== undefined) scan.refuse(`${describe(value)} cannot be stored: ${problem}`);
  }
  scan.inherit(value, prototype);
  if (types.isNativeError(value)) return scanErrorValue(scan, value, undefined, integrity);
  if (Array.isArray(value)) {
    scanArray(scan, value, integrity);
    if (!scan.emits.has(value)) scan.keep(value, undefined, (out) => out.elements(value));
    return;
  }
  const form = builtInForms.find((each) => each.matches(value, base));
  if (form === undefined) scan.refuse(`${describe(value)} cannot be stored`);
  scan.keep(value, integrity, form.scan(scan, value, integrity));
}

/** Visits an object with a prototype of its own. */
function scanInheriting(scan: Scan, value: object, prototype: object): void {
  if (scan.intrinsic(value)) return;
  const problem = inheritanceProblem(value, scan);
  if (problem !== undefined) {
    if (!scan.intrinsic(value, lateIntrinsicName)) scan.refuse(problem);
    return;
  }
  scan.child("__proto__", prototype);
  scan.record(value, (out, write) => out.pair("$create", prototype, write));
}

function scanCustom(scan: Scan, value: object, registered: RegisteredClass, encode: Encode): void {
  if (!Object.isExtensible(value)) {
    scan.refuse(
      `a ${registered.name} that is frozen, sealed or not extensible cannot be stored by its encode function`,
    );
  }
  const data = customData(scan, value, registered, encode);
  scan.made.add(value);
  scan.value(data);
  scan.keep(value, undefined, (out) =>
    out.tagged("$custom", () => {
      out.raw(`[${JSON.stringify(registered.name)},`);
      out.value(data);
      out.raw("]");
    }),
  );
}

function customData(scan: Scan, value: object, registered: RegisteredClass, encode: Encode): unknown {
  try {
    return encode(value);
  } catch (error) {
    throw scan.foreignFault(`the encode function of class ${registered.name}`, error);
  }
}
