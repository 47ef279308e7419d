/** The part of `$` for loops: their cursors, stored and open. */
import { SafeMap } from "../codec/index.ts";
import type { Untyped } from "../types.ts";
import {
  type Cursor,
  type CursorImage,
  cursorOver,
  cursorOverKeys,
  repeatCursor,
  restoreCursor,
  strayCursor,
} from "./cursors.ts";
import { FrameWords } from "./frame-words.ts";

export abstract class FrameLoops extends FrameWords {
  readonly #cursors = new SafeMap<string, Cursor>();
  /** Stored cursors whose loop was not entered again yet. */
  readonly #storedCursors = new SafeMap<string, CursorImage>();

  each(name: string, iterable: () => unknown): Iterable<Untyped> {
    return this.#loop(name, (onEnd) => cursorOver(iterable(), onEnd));
  }

  /** As `each`, with the iterable as it was evaluated. Re-entering, it is ignored. */
  eachOf(name: string, iterable: unknown): Iterable<Untyped> {
    return this.#loop(name, (onEnd) => cursorOver(iterable, onEnd));
  }

  /** As `keys`, with the object as it was evaluated. Re-entering, it is ignored. */
  keysOf(name: string, object: unknown): Iterable<Untyped> {
    return this.#loop(name, (onEnd) => cursorOverKeys(object, onEnd));
  }

  /** An array pattern begins: its iterator is kept under a name until it is exhausted or closed. */
  open(name: string, iterable: unknown): void {
    const image = this.#storedCursors.get(name);
    this.#storedCursors.delete(name);
    // Re-entering without a stored cursor: it was exhausted.
    if (image === undefined && this.pc !== "") return;
    const onEnd = () => {
      this.#cursors.delete(name);
    };
    this.#cursors.set(
      name,
      image === undefined || this.pc === "" ? cursorOver(iterable, onEnd) : restoreCursor(image, onEnd),
    );
  }

  /** The next item; undefined when there is none. An iterator that throws is not closed. */
  next(name: string): Untyped {
    return this.#step(name)?.value;
  }

  /** The items that are left. */
  rest(name: string): Untyped[] {
    const items: unknown[] = [];
    for (let step = this.#step(name); step !== undefined; step = this.#step(name)) items.push(step.value);
    return items;
  }

  /** The pattern is complete. */
  close(name: string): void {
    const cursor = this.#cursors.get(name);
    this.#cursors.delete(name);
    const result: unknown = cursor?.return?.();
    if (cursor && (typeof result !== "object" || result === null) && typeof result !== "function") {
      throw new TypeError(`${String(result)} is not an object`);
    }
  }

  /** The pattern was left by an error, which wins over those of the iterator. */
  abandon(name: string): void {
    try {
      this.close(name);
    } catch {}
  }

  keys(name: string, object: () => unknown): Iterable<Untyped> {
    return this.#loop(name, (onEnd) => cursorOverKeys(object(), onEnd));
  }

  openCursors(): Iterable<[name: string, cursor: { image(): CursorImage | undefined }]> {
    if (this.#storedCursors.size === 0) return this.#cursors;
    return [...this.#cursors, ...[...this.#storedCursors].map(stored)];
  }

  protected restoreCursors(cursors: readonly [string, CursorImage][]): void {
    for (const [name, image] of cursors) this.#storedCursors.set(name, image);
  }

  /** The value is read here, because its getter may throw too. */
  #step(name: string): { readonly value: unknown } | undefined {
    const cursor = this.#cursors.get(name);
    if (cursor === undefined) return undefined;
    try {
      const result = cursor.next();
      if (!result.done) return { value: result.value };
    } catch (error) {
      this.#cursors.delete(name);
      throw error;
    }
    this.#cursors.delete(name);
    return undefined;
  }

  #loop(name: string, begin: (onEnd: () => void) => Cursor): Iterable<unknown> {
    const image = this.#storedCursors.get(name);
    this.#storedCursors.delete(name);
    if (this.pc !== "" && image === undefined) {
      this.strayed(`the loop "${name}"`);
      return strayCursor();
    }
    const onEnd = () => {
      if (this.#cursors.get(name) === cursor) this.#cursors.delete(name);
    };
    const cursor = image === undefined || this.pc === "" ? begin(onEnd) : repeatCursor(image, onEnd);
    this.#cursors.set(name, cursor);
    return cursor;
  }
}

function stored([name, image]: [string, CursorImage]): [string, { image(): CursorImage }] {
  return [name, { image: () => image }];
}
