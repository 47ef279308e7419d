/**
 * What a `yield*` goes over. The language asks it as it would ask the iterator itself, whose results are handed on as
 * they are. After a reload it gives one result that nobody sees, so that the generator stands in its `yield*` again.
 */
import { type CursorImage, cursorOver, IteratorCursor, restoreCursor } from "./cursors.ts";

type Method = ((...args: unknown[]) => unknown) | undefined;
type Methods = Readonly<Record<"return" | "throw", unknown>>;

const nothing = (): void => {};

export class Delegate {
  readonly #cursor: ReturnType<typeof cursorOver>;
  #repeats: boolean;

  constructor(cursor: ReturnType<typeof cursorOver>, repeats: boolean) {
    this.#cursor = cursor;
    this.#repeats = repeats;
  }

  next(value: unknown): unknown {
    if (this.#repeats) {
      this.#repeats = false;
      return { value: undefined, done: false };
    }
    if (this.#cursor instanceof IteratorCursor) return this.#cursor.send(value);
    const { value: item, done } = this.#cursor.next();
    return { value: item, done };
  }

  /** The language looks whether there is one, each time. */
  get return(): Method {
    return this.#method("return");
  }

  get throw(): Method {
    return this.#method("throw");
  }

  /** Undefined when its iterator cannot be stored. */
  image(): CursorImage | undefined {
    const image = this.#cursor.image();
    return image && { ...image, item: undefined as never };
  }

  [Symbol.iterator](): this {
    return this;
  }

  /** Collections of the language have none. */
  #method(name: keyof Methods): Method {
    if (!(this.#cursor instanceof IteratorCursor)) return undefined;
    const { iterator } = this.#cursor;
    const method = (iterator as unknown as Methods)[name];
    if (method === undefined || method === null || typeof method !== "function") return method as Method;
    return (...args) => Reflect.apply(method, iterator, args);
  }
}

export function delegateTo(iterable: unknown): Delegate {
  return new Delegate(cursorOver(iterable, nothing), false);
}

export function restoreDelegate(image: CursorImage): Delegate {
  return new Delegate(restoreCursor(image, nothing), true);
}
