/** Scanning objects that are neither plain nor arrays: errors, built-in ones, instances of classes. */
import { types } from "node:util";
import { scanArray } from "./arrays.ts";
import { classOfPrototype, type RegisteredClass } from "./classes.ts";
import { scanErrorValue } from "./error-forms.ts";
import { builtInErrors, type IntegrityTag } from "./format.ts";
import { builtInForms, scanInstance } from "./forms.ts";
import { ancestryProblem, foundPrototype, storedClassOf } from "./functions.ts";
import { integrityOf } from "./integrity.ts";
import { intrinsicName, lateIntrinsicName } from "./intrinsics.ts";
import { describe, hasHiddenState, isErrorValue, isPrototype, nativeName, prototypesOf } from "./kinds.ts";
import type { Scan } from "./scan.ts";

type Encode = (value: object) => unknown;

export function scanSpecial(scan: Scan, value: object, prototype: object | null): void {
  const registered = prototype === null ? undefined : classOfPrototype(prototype);
  if (registered?.codec) return scanCustom(scan, value, registered, registered.codec.encode);
  const integrity = integrityOf(value);
  if (prototype === null) return scanInheriting(scan, value, prototype, integrity);
  if (isStoredAsError(scan, value, prototype, registered)) {
    const found = registered || !types.isNativeError(value) ? undefined : foundPrototype(value, scan);
    if (found) scan.inherit(value, found);
    return scanErrorValue(scan, value as Error, registered, integrity);
  }
  if (registered) return scanInstance(scan, value, registered);
  if (Array.isArray(value) && nativeName(prototype) === "Array") return scanArray(scan, value, integrity);
  // A plain object of another realm comes back as one of this realm.
  if (nativeName(prototype) === "Object" && prototype !== Object.prototype && !hasHiddenState(value)) {
    return scan.record(value, (_out, write) => write());
  }
  const form = formOf(value);
  if (form?.isDirect(value, prototype)) return scan.keep(value, integrity, form.scan(scan, value, integrity));
  scanInheriting(scan, value, prototype, integrity);
}

/** An error of a class that is not known is stored as one of the nearest that is: what went wrong must not be hidden. */
function isStoredAsError(scan: Scan, value: object, prototype: object, registered: object | undefined): boolean {
  // Prototypes of error classes inherit from errors, and are none.
  if (!isErrorValue(value) || !(types.isNativeError(value) || !isPrototype(value))) return false;
  if (storedClassOf(prototype, scan)) return false;
  const isKnown = registered !== undefined || builtInErrors.has(nativeName(prototype) ?? "");
  if (isKnown && types.isNativeError(value)) return true;
  return !isOfRun(scan, value) || ancestryProblem(value, scan) !== undefined;
}

/** Below the prototypes of the language there are only objects, and prototypes of functions, that authors made. */
function isOfRun(scan: Scan, value: object): boolean {
  for (const ancestor of prototypesOf(value)) {
    if (intrinsicName(ancestor) !== undefined) return true;
    const owner = scan.ownerOf(ancestor);
    if (owner ? !scan.isExtended(owner) : Object.hasOwn(ancestor, "constructor")) return false;
  }
  return true;
}

/** An object with a prototype that does not say what it is. A built-in object has the form of its kind. */
function scanInheriting(
  scan: Scan,
  value: object,
  prototype: object | null,
  integrity: IntegrityTag | undefined,
): void {
  if (scan.intrinsic(value)) return;
  const form = formOf(value);
  const isBuiltIn = form !== undefined || Array.isArray(value) || types.isNativeError(value);
  const isHidden = !isBuiltIn && hasHiddenState(value);
  const problem = isHidden ? `${describe(value)} cannot be stored` : ancestryProblem(value, scan, isBuiltIn);
  if (problem !== undefined) {
    if (!scan.intrinsic(value, lateIntrinsicName)) scan.refuse(problem);
    return;
  }
  if (!isBuiltIn) {
    scan.child("__proto__", prototype);
    return scan.record(value, (out, write) => out.pair("$create", prototype, write));
  }
  scan.inherit(value, prototype);
  if (form) return scan.keep(value, integrity, form.scan(scan, value, integrity));
  if (types.isNativeError(value)) return scanErrorValue(scan, value, undefined, integrity);
  scanArray(scan, value as unknown[], integrity);
  if (!scan.emits.has(value)) scan.keep(value, undefined, (out) => out.elements(value as unknown[]));
}

function formOf(value: object): (typeof builtInForms)[number] | undefined {
  return builtInForms.find((form) => form.is(value));
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
