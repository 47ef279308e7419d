/**
 * What the code of a run was handling when something failed that it waited for: what a failed rollback was for. It is
 * known of each error for this run alone, since the same error may be thrown in several. A decoded copy carries it with it.
 */
import { decode, type Handled, handledBy, SafeWeakMap } from "../codec/index.ts";
import { errorsOf } from "./causes.ts";
import { isObject } from "./thenables.ts";
import { encodeHandled } from "./thrown.ts";

export class Handling {
  readonly #notes = new SafeWeakMap<object, Handled>();

  readonly of = (error: unknown): Handled | undefined =>
    (isObject(error) ? this.#notes.get(error) : undefined) ?? handledBy(error);

  /** @param handled what was being handled when the error came; the innermost first */
  note(error: unknown, handled: readonly unknown[]): void {
    for (let at = handled.length - 1; at >= 0; at--) this.#note(at === 0 ? error : handled[at - 1], handled[at]);
  }

  /** Behind what is noted already: that is of inner code. An error that names another as its cause says so itself. */
  #note(error: unknown, handled: unknown): void {
    let last = error;
    for (let known = this.of(last); ; known = this.of(last)) {
      if (isSame(last, handled)) return;
      if (known === undefined) break;
      last = known.error;
    }
    if (isObject(last)) this.#notes.set(last, { error: decode(encodeHandled(handled, this.of)) });
  }
}

/** What the code was handling when it failed with an error, or when a cause of it came: the latest first. */
export function handledFor(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (const at of errorsOf(error)) {
    const handled = handledBy(at);
    if (handled) found.push(handled.error, ...handledFor(handled.error));
  }
  return found;
}

function isSame(error: unknown, other: unknown): boolean {
  const textOf = (thrown: unknown) => encodeHandled(thrown, () => undefined);
  return error === other || [...errorsOf(error)].some((at) => at === other) || textOf(error) === textOf(other);
}
