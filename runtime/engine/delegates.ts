/**
 * What a `yield*` goes over. The language asks it as it would ask the iterator itself, whose results are handed on as
 * they are. After a reload it gives one result that nobody sees, so that the generator stands in its `yield*` again.
 */

import { type CursorImage, cursorOver, IteratorCursor, restoreCursor } from "./cursors.ts";
import { stepOf } from "./generator-steps.ts";

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

  /** A `yield*` hands on what it is sent, a loop nothing. */
  next(...args: readonly unknown[]): unknown {
    if (this.#repeats) {
      this.#repeats = false;
      return { value: undefined, done: false };
    }
    if (this.#cursor instanceof IteratorCursor) return this.#cursor.send(...args);
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

/**
 * A delegate that tells with what `return(value)` ends it, which is what its iterator says. Its own generator asks the
 * iterator: nobody can tell that a result of the end is looked at, which is a new one.
 */
export class ToldDelegate {
  readonly #steps: Generator;
  readonly #tell: (value: unknown) => void;
  #isOver = false;

  constructor(delegate: Delegate, tell: (value: unknown) => void) {
    this.#tell = tell;
    const isOver = () => {
      this.#isOver = true;
    };
    this.#steps = passOn(delegate, isOver);
  }

  next(value: unknown): IteratorResult<unknown> {
    return stepOf(this.#steps, "next", value);
  }

  throw(error: unknown): IteratorResult<unknown> {
    return stepOf(this.#steps, "throw", error);
  }

  return(value: unknown): IteratorResult<unknown> {
    const result = stepOf(this.#steps, "return", value);
    if (this.#isOver) this.#tell(result.value);
    return result;
  }

  [Symbol.iterator](): this {
    return this;
  }
}

function* passOn(delegate: Delegate, isOver: () => void): Generator<unknown, unknown> {
  try {
    return yield* delegate as Iterable<unknown>;
  } finally {
    isOver();
  }
}

export function delegateTo(iterable: unknown): Delegate {
  return new Delegate(cursorOver(iterable, nothing), false);
}

export function restoreDelegate(image: CursorImage): Delegate {
  return new Delegate(restoreCursor(image, nothing), true);
}
