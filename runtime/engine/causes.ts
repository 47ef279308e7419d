/** Errors and their causes. Only own data properties are read: a getter would run code of the author. */

import { types } from "node:util";
import { SafeSet } from "../codec/index.ts";
import { CancelledError } from "../errors.ts";
import { isSuppressedError } from "./resources.ts";
import { isObject } from "./thenables.ts";

/** The error and its causes, outermost first. Ends at what is no error, and where a chain closes on itself. */
export function* errorsOf(thrown: unknown): Iterable<Error> {
  const seen = new SafeSet<unknown>();
  for (let at = thrown; isError(at) && !seen.has(at); at = causeOf(at)) {
    seen.add(at);
    yield at;
  }
}

export function isError(value: unknown): value is Error {
  return inherits(value, Error.prototype);
}

/** What is caught only where somebody asks for the error: a cancellation, or errors that one is among. */
export function isCancellation(value: unknown, above: readonly unknown[] = []): boolean {
  if (inherits(value, CancelledError.prototype)) return true;
  if (!inherits(value, AggregateError.prototype) || above.includes(value)) return false;
  return joinedBy(value as AggregateError).some((one) => isCancellation(one, [...above, value]));
}

/** As `instanceof`, which would run traps of a proxy. */
function inherits(value: unknown, prototype: object): boolean {
  for (let at: unknown = value; isObject(at) && !types.isProxy(at); at = Object.getPrototypeOf(at)) {
    if (at === prototype) return true;
  }
  return false;
}

/** What an AggregateError holds. */
export function joinedBy(error: AggregateError): readonly unknown[] {
  const errors: unknown = Object.getOwnPropertyDescriptor(error, "errors")?.value;
  if (!Array.isArray(errors) || types.isProxy(errors)) return [];
  return Object.keys(errors).map((key): unknown => Object.getOwnPropertyDescriptor(errors, key)?.value);
}

/**
 * The errors of a SuppressedError: that of a resource, and the one because of which the resource was disposed of. Where
 * the language has no such class, it is an error of that name.
 */
export function joinedInDisposal(error: unknown): readonly unknown[] {
  if (!(error instanceof Error)) return [];
  // One by one: reading the stack of an error may run code of the author, in a getter of its message.
  const [name, own, suppressed] = ["name", "error", "suppressed"].map((key) => {
    return Object.getOwnPropertyDescriptor(error, key);
  });
  const isNamed = name === undefined ? isSuppressedError(error) : name.value === "SuppressedError";
  return isNamed && own && suppressed ? [own.value, suppressed.value] : [];
}

function causeOf(error: Error): unknown {
  return Object.getOwnPropertyDescriptor(error, "cause")?.value;
}
