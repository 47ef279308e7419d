/** The part of `$` for loops: their cursors, stored and open. */
import type { Untyped } from "../types.ts";
import { type Cursor, type CursorImage, cursorOver, cursorOverKeys, restoreCursor, strayCursor } from "./cursors.ts";
import { FrameWords } from "./frame-words.ts";

export abstract class FrameLoops extends FrameWords {
  readonly #cursors = new Map<string, Cursor>();
  /** Stored cursors whose loop was not entered again yet. */
  readonly #storedCursors = new Map<string, CursorImage>();

  each(name: string, iterable: () => unknown): Iterable<Untyped> {
    return this.#loop(name, (onEnd) => cursorOver(iterable(), onEnd));
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
    const cursor = image === undefined || this.pc === "" ? begin(onEnd) : restoreCursor(image, onEnd);
    this.#cursors.set(name, cursor);
    return cursor;
  }
}

function stored([name, image]: [string, CursorImage]): [string, { image(): CursorImage }] {
  return [name, { image: () => image }];
}
