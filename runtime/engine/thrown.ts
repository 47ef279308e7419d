/** Stored form of what user code throws. A failure must be recorded whatever was thrown, so this never throws itself. */
import { encode, type HandledOf, handledBy, noteHandled, SafeSet } from "../codec/index.ts";

/**
 * Text of something thrown. What cannot be stored of it is left out: the rest says what went wrong.
 *
 * @param handledOf what is known to have been handled when an error was thrown
 */
export function encodeThrown(thrown: unknown, handledOf: HandledOf = handledBy): string {
  try {
    return encode(thrown, [], handledOf);
  } catch {
    return encode(reduced(thrown, new SafeSet(), handledOf));
  }
}

/** What is stored of something thrown that lives in a frame. */
export function storableThrown(thrown: unknown): unknown {
  return isStorable(thrown) ? thrown : reduced(thrown, new SafeSet(), handledBy);
}

/** A copy of the parts that can be stored. `seen` ends cycles of causes. */
function reduced(thrown: unknown, seen: Set<unknown>, handledOf: HandledOf): Error {
  seen.add(thrown);
  try {
    if (!(thrown instanceof Error))
      return new Error(`something of type ${typeof thrown} was thrown that cannot be stored`);
    const error = new Error(String(thrown.message));
    hide(error, "name", String(thrown.name));
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(thrown))) {
      if (!("value" in property) || key === "message" || key === "name") continue;
      const { value, enumerable = false } = property;
      if (isStorable(value))
        Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
      else if (key === "cause" && !seen.has(value)) hide(error, key, reduced(value, seen, handledOf));
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
