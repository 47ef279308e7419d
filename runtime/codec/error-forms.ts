/**
 * How errors are scanned and written: their class, what is hidden (not enumerable) of their own, what is not, and what
 * was being handled when they were thrown.
 */

import { classOfPrototype, type RegisteredClass } from "./classes.ts";
import { SafeMap } from "./collections.ts";
import { builtInErrors, type IntegrityTag } from "./format.ts";
import { functionName, inherits, isNativeFunction, nativeName, ownConstructor, prototypesOf } from "./kinds.ts";
import { describeProperties, isAccessor, isOrdinary, writeProperties } from "./properties.ts";
import type { Scan } from "./scan.ts";
import type { Emit } from "./write.ts";

/** Own data properties in their order. */
type Properties = Map<string, unknown>;

interface OwnProperties {
  readonly hidden: Properties;
  readonly shown: Properties;
  /** Names of those that are read-only or cannot be deleted, and of what is enumerable behind them. */
  readonly fixed: string[];
}

/**
 * Visits an error. One of an unknown class becomes one of its nearest known class and keeps its `name`: an error that
 * cannot be stored because of its class would hide what went wrong. Its prototype is kept when that is found again.
 */
export function scanErrorValue(
  scan: Scan,
  error: Error,
  registered: RegisteredClass | undefined,
  integrity: IntegrityTag | undefined,
): void {
  const own = ownProperties(scan, error, integrity);
  const exception = readDomException(error);
  if (exception !== undefined) {
    visit(scan, own);
    return keepForm(scan, error, integrity, "$domException", [exception.message, exception.name], own);
  }
  const known = registered ?? nearestKnownClass(error);
  if (!own.hidden.has("name") && !own.shown.has("name")) {
    const kept = scan.keptPrototype(error);
    const name = inheritedName(error);
    const ofOthers = inheritedName(Object.create(kept === undefined ? known.prototype : kept));
    if (name !== undefined && name !== ofOthers) own.hidden.set("name", name);
  }
  visit(scan, own);
  keepForm(scan, error, integrity, "$error", [known.name], own);
}

function visit(scan: Scan, own: OwnProperties): void {
  for (const properties of [own.hidden, own.shown]) for (const [name, value] of properties) scan.child(name, value);
}

function keepForm(
  scan: Scan,
  error: Error,
  integrity: IntegrityTag | undefined,
  tag: "$error" | "$domException",
  head: readonly string[],
  own: OwnProperties,
): void {
  const symbols = Object.getOwnPropertySymbols(error).filter((key) => isOfRun(scan, error, key));
  const described = describeProperties(scan, error, [...own.fixed, ...symbols], integrity);
  const handled = scan.handledOf(error);
  if (handled) scan.child("handled", handled.error);
  const write: Emit = (out) =>
    out.tagged(tag, () => {
      out.raw(`[${head.map((text) => JSON.stringify(text)).join(",")},`);
      out.record([...own.hidden.keys()], (name) => own.hidden.get(name));
      out.raw(",");
      out.record([...own.shown.keys()], (name) => own.shown.get(name));
      if (handled) {
        out.raw(",");
        out.value(handled.error);
      }
      out.raw("]");
    });
  scan.keep(error, integrity, (out) => writeProperties(out, described, () => write(out)));
}

/** A property under a symbol that surely is no mark of a library: with a value that cannot fail to be stored. */
function isOfRun(scan: Scan, error: object, key: symbol): boolean {
  const property = Object.getOwnPropertyDescriptor(error, key);
  if (!scan.isOfRun || !property?.enumerable || isAccessor(property)) return false;
  const value: unknown = property.value;
  return Object(value) !== value || scan.isExtended(value as object);
}

/**
 * The own properties of an error with names. Libraries mark their errors, and keep what belongs to them there: hidden
 * functions that are not of the run are left out, other hidden values that cannot be stored, and most properties under
 * symbols. They are not what an error reports.
 */
function ownProperties(scan: Scan, error: Error, integrity: IntegrityTag | undefined): OwnProperties {
  const own: OwnProperties = { hidden: new SafeMap(), shown: new SafeMap(), fixed: [] };
  for (const name of Object.getOwnPropertyNames(error)) {
    const property = ownProperty(error, name);
    if (property === undefined) continue;
    const { value, enumerable = false } = property;
    // V8 makes the stack in its own ways, so its other attributes say nothing.
    const isMade = name === "stack" && !enumerable && property.get === undefined;
    if (!isMade) {
      if (!enumerable && isLeftOut(scan, name, value)) continue;
      if (isAccessor(property)) scan.refuse("an accessor (get or set) of an error cannot be stored", name);
      // From the first one on, those that are enumerable are described in their order.
      const isBehind = enumerable && own.fixed.length > 0 && name !== "message";
      if (isBehind || !isOrdinary({ ...property, enumerable: true }, integrity)) {
        own.fixed.push(name);
        continue;
      }
    }
    (enumerable ? own.shown : own.hidden).set(name, value);
  }
  return own;
}

function isLeftOut(scan: Scan, name: string, value: unknown): boolean {
  if (typeof value === "function") return !scan.isExtended(value);
  // With what an error was thrown for, it reports that.
  return typeof value === "object" && value !== null && name !== "cause" && name !== "errors" && !takes(scan, value);
}

/** What is known of hidden values in one scan, and in those that it makes to ask: what leads back to one is asked once. */
const taken = new WeakMap<Scan, Map<object, boolean>>();

/** Whether a value could be stored, were it alone. */
function takes(scan: Scan, value: object): boolean {
  const known = taken.get(scan) ?? new SafeMap<object, boolean>();
  taken.set(scan, known);
  const answer = known.get(value);
  if (answer !== undefined) return answer;
  const before = [...known];
  known.set(value, true);
  const alone = scan.alone();
  taken.set(alone, known);
  try {
    alone.root(value);
    return true;
  } catch {
    // What was found of others while this one was thought to be stored may be wrong.
    known.clear();
    for (const [other, isTaken] of before) known.set(other, isTaken);
    known.set(value, false);
    return false;
  }
}

/** A message that the error computes is read: without it the error would say nothing. */
function ownProperty(error: Error, name: string): PropertyDescriptor | undefined {
  if (name === "stack") return readableStack(error);
  const property = Object.getOwnPropertyDescriptor(error, name);
  if (name !== "message" || property?.get === undefined) return property;
  try {
    const value: unknown = error.message;
    const { enumerable = false } = property;
    return typeof value === "string" ? { value, enumerable, writable: true, configurable: true } : property;
  } catch {
    return property;
  }
}

/**
 * The property `stack`. V8 computes it at the first reading, through `Error.prepareStackTrace` if a program set that;
 * a stack that nobody can read, because this throws, counts as absent.
 */
function readableStack(error: Error): PropertyDescriptor | undefined {
  try {
    const property = Object.getOwnPropertyDescriptor(error, "stack");
    if (property?.get === undefined || stackGetter === undefined || !isNativeFunction(property.get)) return property;
    // Our own getter serves errors of every realm, and is surely no code of the author.
    return { value: stackGetter.call(error), enumerable: property.enumerable === true };
  } catch {
    return undefined;
  }
}

/** In later versions of Node, `stack` is an own accessor of the engine's. */
const stackGetter = Object.getOwnPropertyDescriptor(new Error(), "stack")?.get;

/** The nearest class in the prototype chain with which an error can be made again. */
function nearestKnownClass(error: Error): { readonly name: string; readonly prototype: object } {
  for (const prototype of prototypesOf(error)) {
    const registered = classOfPrototype(prototype);
    if (registered && !registered.codec) return registered;
    const builtIn = builtInErrors.get(nativeName(prototype) ?? "");
    if (builtIn) return builtIn;
  }
  return Error;
}

/** The name that an error inherits. A getter is not run: the name of its class stands in for it. */
function inheritedName(error: object): string | undefined {
  for (const prototype of prototypesOf(error)) {
    const property = Object.getOwnPropertyDescriptor(prototype, "name");
    if (property === undefined) continue;
    if (typeof property.value === "string") return property.value;
    if (property.get === undefined) return undefined;
    const owner = ownConstructor(Object.getPrototypeOf(error));
    return owner && functionName(owner);
  }
  return undefined;
}

const readMessage = Object.getOwnPropertyDescriptor(DOMException.prototype, "message")?.get;
const readName = Object.getOwnPropertyDescriptor(DOMException.prototype, "name")?.get;

/** Message and name of a DOMException (an aborted fetch, a time-out), which keeps them outside its properties. */
function readDomException(error: Error): { readonly message: string; readonly name: string } | undefined {
  if (!inherits(error, DOMException.prototype)) return undefined;
  try {
    return { message: readMessage?.call(error), name: readName?.call(error) };
  } catch {
    return undefined;
  }
}
