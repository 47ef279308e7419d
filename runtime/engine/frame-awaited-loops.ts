/**
 * The part of `$` for `for await`. Each turn is a suspension, and so is the end of a loop that is left early:
 *
 *   for ($.iterate("row", () => rows()); $.turn("row", await $.advance("row", "row.next")); ) …
 *   try { if ($.leaves("row", "row.return")) $.left("row", await $.leave("row", "row.return")); }
 *   catch ($error) { $.failed("row", $error); }
 */
import type { Untyped } from "../types.ts";
import {
  type AwaitedCursor,
  type AwaitedImage,
  awaitedApart,
  awaitedCursorOver,
  type OpenCursor,
  type Pending,
  restoreAwaitedCursor,
  type Unwrap,
} from "./awaited-cursors.ts";
import type { CursorImage } from "./cursors.ts";
import { FrameCatches } from "./frame-catches.ts";
import { isObject } from "./thenables.ts";

export abstract class FrameAwaitedLoops extends FrameCatches {
  readonly #loops = new Map<string, AwaitedCursor>();
  /** What an iterator said when it was asked to close. */
  #closing: Pending | undefined;

  abstract wait(label: string, value: unknown): Promise<Untyped>;
  /** As `wait`, for a value of which the language makes another promise before the code goes on. */
  protected abstract waitUnwrapping(label: string, value: unknown, unwrap: Unwrap): Promise<Untyped>;

  iterate(name: string, iterable: () => unknown): void {
    if (this.pc === "") this.#loops.set(name, awaitedCursorOver(iterable()));
    else if (!this.#loops.has(name)) this.strayed(`the loop "${name}"`);
  }

  /** As `iterate`, with the iterable as it was evaluated. Re-entering the loop, it is ignored. */
  iterateOf(name: string, iterable: unknown): void {
    this.iterate(name, () => iterable);
  }

  /** Asks for the next result. Re-entering, it was asked for. */
  advance(name: string, label: string): Promise<Untyped> {
    const loop = this.#loops.get(name);
    if (loop === undefined || this.pc !== "") return this.#wait(label, { value: undefined, unwrap: loop?.unwrap });
    loop.steps = true;
    return this.#wait(label, loop.next());
  }

  /** Whether the loop goes on with this result. Its value is read here, because its getter may throw. */
  turn(name: string, result: unknown): boolean {
    const loop = this.#loops.get(name);
    if (!isObject(result)) throw new TypeError(`Iterator result ${String(result)} is not an object`);
    if (loop === undefined || (result as IteratorResult<unknown>).done) {
      this.#loops.delete(name);
      return false;
    }
    loop.item = (result as IteratorResult<unknown>).value;
    loop.steps = false;
    return true;
  }

  /** The item of the turn, for the head of the loop; `keeps` when that may be re-entered and ask again. */
  item(name: string, keeps = false): Untyped {
    const loop = this.#loops.get(name);
    const item = loop?.item;
    if (loop && !keeps) loop.item = undefined;
    return item;
  }

  /** The loop was left: whether it is to be waited for its iterator, which is asked to close. */
  leaves(name: string, label: string): boolean {
    if (this.pc === label) return true;
    const loop = this.#loops.get(name);
    if (loop === undefined) return false;
    if (!loop.steps) {
      loop.closes = true;
      this.#closing = loop.close();
      if (this.#closing !== undefined) return true;
    }
    this.#loops.delete(name);
    return false;
  }

  leave(name: string, label: string): Promise<Untyped> {
    const closing = this.#closing ?? { value: undefined, unwrap: this.#loops.get(name)?.unwrap };
    this.#closing = undefined;
    return this.#wait(label, closing);
  }

  /** The iterator has closed. */
  left(name: string, result: unknown): void {
    if (!isObject(result)) throw new TypeError(`Iterator result ${String(result)} is not an object`);
    this.#loops.delete(name);
  }

  /** The iterator did not close as it should: an error with which the loop was left wins. */
  failed(name: string, error: unknown): void {
    this.#loops.delete(name);
    if (this.pending(name)?.kind !== "throw") throw error;
  }

  override openCursors(): Iterable<[name: string, cursor: OpenCursor]> {
    return this.#loops.size === 0 ? super.openCursors() : [...super.openCursors(), ...this.#loops];
  }

  protected override restoreCursors(cursors: readonly [string, CursorImage | AwaitedImage][]): void {
    const { awaited, others } = awaitedApart(cursors);
    for (const [name, image] of awaited) this.#loops.set(name, restoreAwaitedCursor(image));
    super.restoreCursors(others);
  }

  #wait(label: string, { value, unwrap }: Pending): Promise<Untyped> {
    return unwrap ? this.waitUnwrapping(label, value, unwrap) : this.wait(label, value);
  }
}
