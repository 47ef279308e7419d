/** Stored form of what user code throws. A failure must be recorded whatever was thrown, so this never throws itself. */
import { types } from "node:util";
import { encode, type HandledOf, handledBy, isErrorValue, noteHandled, prototypesOf, SafeSet } from "../codec/index.ts";

/**
 * Text of something thrown. What cannot be stored of it is left out: the rest says what went wrong.
 *
 * @param handledOf what is known to have been handled when an error was thrown
 */
export function encodeThrown(thrown: unknown, handledOf: HandledOf = handledBy): string {
  return encodeSeen(thrown, handledOf, asAuthorsDo);
}

/** As `encodeThrown`, of what a run goes on with: no code of the author runs, no accessor of an error and no trap of a proxy. */
export function encodeHandled(thrown: unknown, handledOf: HandledOf): string {
  return encodeSeen(thrown, handledOf, dataOnly);
}

function encodeSeen(thrown: unknown, handledOf: HandledOf, look: Look): string {
  try {
    return encode(thrown, [], handledOf);
  } catch {
    return encode(reduced(thrown, new SafeSet(), handledOf, look));
  }
}

/** What is stored of something thrown that lives in a frame, found as by `encodeHandled`. */
export function storableThrown(thrown: unknown): unknown {
  return isStorable(thrown) ? thrown : reduced(thrown, new SafeSet(), handledBy, dataOnly);
}

/** How something thrown is looked at. */
interface Look {
  isError(thrown: unknown): thrown is Error;
  read(thrown: Error, key: "message" | "name"): unknown;
}

const asAuthorsDo: Look = {
  isError: (thrown) => thrown instanceof Error,
  read: (thrown, key) => thrown[key],
};

const dataOnly: Look = {
  isError: (thrown): thrown is Error =>
    typeof thrown === "object" && thrown !== null && !types.isProxy(thrown) && isErrorValue(thrown),
  read(thrown, key) {
    for (const object of [thrown, ...prototypesOf(thrown)]) {
      const property = Object.getOwnPropertyDescriptor(object, key);
      if (property) return property.value ?? "";
    }
    return "";
  },
};

/** A copy of the parts that can be stored. `seen` ends cycles of causes. */
function reduced(thrown: unknown, seen: Set<unknown>, handledOf: HandledOf, look: Look): Error {
  seen.add(thrown);
  try {
    if (!look.isError(thrown)) return new Error(`something of type ${typeof thrown} was thrown that cannot be stored`);
    const error = new Error(String(look.read(thrown, "message")));
    hide(error, "name", String(look.read(thrown, "name")));
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(thrown))) {
      if (!("value" in property) || key === "message" || key === "name") continue;
      const { value, enumerable = false } = property;
      if (isStorable(value))
        Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
      else if (key === "cause" && !seen.has(value)) hide(error, key, reduced(value, seen, handledOf, look));
    }
    const handled = handledOf(thrown);
    if (handled) noteHandled(error, handled.error);
    return error;
  } catch {
    return new Error("an error was thrown that cannot be read");
  }
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, enumerable: false, writable: true, configurable: true });
}

function isStorable(value: unknown): boolean {
  try {
    encode(value);
    return true;
  } catch {
    return false;
  }
}
