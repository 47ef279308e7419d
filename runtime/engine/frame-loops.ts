/** The part of `$` for loops: their cursors, stored and open. */
import { SafeMap } from "../codec/index.ts";
import type { Untyped } from "../types.ts";
import type { OpenCursor } from "./awaited-cursors.ts";
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

  /**
   * The iterator of an array pattern, kept under a name until it is exhausted or closed. The pattern is the one element of
   * another, `[(v.a = $.next("list"), v.b = $.rest("list"), $).end] = $.open("list", list)`: so the language closes it.
   */
  open(name: string, iterable: unknown): Iterable<undefined> {
    const image = this.#storedCursors.get(name);
    this.#storedCursors.delete(name);
    // Re-entering without a stored cursor: it was exhausted.
    if (image !== undefined || this.pc === "") {
      const onEnd = () => {
        this.#cursors.delete(name);
      };
      this.#cursors.set(
        name,
        image === undefined || this.pc === "" ? cursorOver(iterable, onEnd) : restoreCursor(image, onEnd),
      );
    }
    return new OpenPattern(() => this.#close(name));
  }

  /** Where a pattern ends that is the one element of another: what it is assigned is nothing. */
  set end(_nothing: undefined) {}

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

  keys(name: string, object: () => unknown): Iterable<Untyped> {
    return this.#loop(name, (onEnd) => cursorOverKeys(object(), onEnd));
  }

  openCursors(): Iterable<[name: string, cursor: OpenCursor]> {
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

  #close(name: string): object {
    const cursor = this.#cursors.get(name);
    this.#cursors.delete(name);
    return cursor?.return ? cursor.return() : {};
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

/** Gives one item, which means nothing, and is closed behind it. */
class OpenPattern implements IterableIterator<undefined> {
  readonly #close: () => object;

  constructor(close: () => object) {
    this.#close = close;
  }

  next(): IteratorResult<undefined> {
    return { done: false, value: undefined };
  }

  return(): IteratorResult<undefined> {
    return this.#close() as IteratorResult<undefined>;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

function stored([name, image]: [string, CursorImage]): [string, { image(): CursorImage }] {
  return [name, { image: () => image }];
}
