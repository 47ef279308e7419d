/**
 * Persisted cursors of `for await`.
 *
 * What is awaited is an iterator's own promise of its next result, or, of an iterator that is not async, the value of
 * that result: then the language unwraps it in a job of its own. A loop that is re-entered needs no item: its head was
 * bound, unless it suspended in the head itself.
 */
import { isNativeFunction } from "../codec/kinds.ts";
import { type CursorImage, cursorOver, IteratorCursor, restoreCursor, View } from "./cursors.ts";
import { frameOfGenerator } from "./generator-marks.ts";
import { isObject } from "./thenables.ts";

/** Where the cursor of a `for await` stands, as stored. */
export type AwaitedImage = AwaitedState &
  (
    | { readonly kind: "async"; readonly of: object; readonly next: unknown }
    | { readonly kind: "awaited"; readonly of: CursorImage; readonly done?: boolean }
  );

interface AwaitedState {
  /** Its next result is awaited. */
  readonly steps?: boolean;
  /** It was asked to close, and what it said is awaited. */
  readonly closes?: boolean;
  readonly item?: unknown;
}

/** The cursor of an open loop, of either kind. */
export interface OpenCursor {
  image(): CursorImage | AwaitedImage | undefined;
}

/** What is to be awaited, and what the language makes of its promise first. */
export interface Pending {
  readonly value: unknown;
  readonly unwrap?: Unwrap | undefined;
}

export type Unwrap = (promise: Promise<unknown>) => Promise<unknown>;

export abstract class AwaitedCursor {
  /** An iterator that fails to give its next result is not closed. */
  steps = false;
  closes = false;
  item: unknown;

  /** Asks for the next result. */
  abstract next(): Pending;
  /** What the language does with the promise for which a loaded frame waits. */
  abstract get unwrap(): Unwrap | undefined;
  /** Asks the iterator to close; undefined when it needs not. */
  abstract close(): Pending | undefined;
  /** Undefined when it cannot be stored. */
  abstract image(): AwaitedImage | undefined;

  protected get state(): AwaitedState {
    const { steps, closes, item } = this;
    return { ...(steps && { steps }), ...(closes && { closes }), ...(item !== undefined && { item }) };
  }

  withState({ steps = false, closes = false, item }: AwaitedState): this {
    this.steps = steps;
    this.closes = closes;
    this.item = item;
    return this;
  }
}

/** The cursor of a `for await` that begins. Throws what the language throws when `iterable` cannot be iterated. */
export function awaitedCursorOver(iterable: unknown): AwaitedCursor {
  const method = View.is(iterable) ? undefined : asyncMethod(iterable);
  if (method === undefined) return new AwaitedSyncCursor(cursorOver(iterable, () => {}));
  const iterator = Reflect.apply(method, iterable, []);
  if (!isObject(iterator)) throw new TypeError("Result of the Symbol.asyncIterator method is not an object");
  return new AsyncCursor(iterator, (iterator as AsyncIterator<unknown>).next);
}

/** Stored cursors of `for await`, and those of other loops. */
export function awaitedApart(cursors: readonly [string, CursorImage | AwaitedImage][]): {
  readonly awaited: [string, AwaitedImage][];
  readonly others: [string, CursorImage][];
} {
  const awaited: [string, AwaitedImage][] = [];
  const others: [string, CursorImage][] = [];
  for (const [name, image] of cursors) {
    if (image.kind === "async" || image.kind === "awaited") awaited.push([name, image]);
    else others.push([name, image]);
  }
  return { awaited, others };
}

export function restoreAwaitedCursor(image: AwaitedImage): AwaitedCursor {
  if (image.kind === "async") return new AsyncCursor(image.of, image.next).withState(image);
  const cursor = new AwaitedSyncCursor(restoreCursor(image.of, () => {}));
  cursor.done = image.done === true;
  return cursor.withState(image);
}

/** An async iterator. It is stored as the object that it is, unless it is an async generator of code that is not compiled. */
class AsyncCursor extends AwaitedCursor {
  readonly #iterator: object;
  readonly #next: unknown;

  /** @param next the method, which the language fetches once */
  constructor(iterator: object, next: unknown) {
    super();
    this.#iterator = iterator;
    this.#next = next;
  }

  next(): Pending {
    return { value: Reflect.apply(this.#next as () => unknown, this.#iterator, []) };
  }

  get unwrap(): undefined {
    return undefined;
  }

  close(): Pending | undefined {
    const method = returnMethod(this.#iterator);
    return method && { value: Reflect.apply(method, this.#iterator, []) };
  }

  image(): AwaitedImage | undefined {
    const image = asyncImage(this.#iterator, this.#next);
    return image && { ...image, ...this.state };
  }
}

/** Undefined for an iterator that cannot be stored. */
export function asyncImage(iterator: object, next: unknown): AwaitedImage | undefined {
  const isNative = typeof next === "function" && isNativeFunction(next);
  return isNative && !frameOfGenerator(iterator) ? undefined : { kind: "async", of: iterator, next };
}

/** An iterator that is not async. What it throws comes as a rejection, and the values of its results are awaited. */
class AwaitedSyncCursor extends AwaitedCursor {
  readonly #cursor: ReturnType<typeof cursorOver>;
  /** Whether the result whose value is awaited is the last. */
  done = false;

  constructor(cursor: ReturnType<typeof cursorOver>) {
    super();
    this.#cursor = cursor;
  }

  next(): Pending {
    try {
      const result = this.#cursor instanceof IteratorCursor ? this.#cursor.step() : this.#cursor.next();
      this.done = Boolean(result.done);
      return { value: result.value, unwrap: this.unwrap };
    } catch (error) {
      return { value: Promise.reject(error) };
    }
  }

  get unwrap(): Unwrap {
    const { done } = this;
    const close = languageClosesRejected && !done && !this.closes ? (error: unknown) => this.#reject(error) : undefined;
    return (promise) => promise.then((value) => ({ done, value }), close);
  }

  close(): Pending {
    if (!(this.#cursor instanceof IteratorCursor)) return { value: closed };
    try {
      const { iterator } = this.#cursor;
      const method = returnMethod(iterator);
      if (method === undefined) return { value: closed };
      const result = Reflect.apply(method, iterator, []);
      if (!isObject(result)) throw new TypeError(`Iterator result ${String(result)} is not an object`);
      this.done = Boolean((result as IteratorResult<unknown>).done);
      return { value: (result as IteratorResult<unknown>).value, unwrap: this.unwrap };
    } catch (error) {
      return { value: Promise.reject(error) };
    }
  }

  image(): AwaitedImage | undefined {
    const of = this.#cursor.image();
    // What it stands at was awaited, and is not given again.
    return (
      of && {
        kind: "awaited",
        of: { ...of, item: undefined as never },
        ...(this.done && { done: true }),
        ...this.state,
      }
    );
  }

  #reject(error: unknown): never {
    try {
      this.#cursor.return?.();
    } catch {}
    throw error;
  }
}

/** What the language says for an iterator that cannot be closed. */
const closed: IteratorResult<unknown> = { done: true, value: undefined };

export function asyncMethod(iterable: unknown): (() => unknown) | undefined {
  const isNothing = iterable === null || iterable === undefined;
  const method: unknown = isNothing ? undefined : (iterable as AsyncIterable<unknown>)[Symbol.asyncIterator];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== "function") throw new TypeError(`${String(iterable)} is not async iterable`);
  return method as () => unknown;
}

function returnMethod(iterator: object): (() => unknown) | undefined {
  const method: unknown = (iterator as Iterator<unknown>).return;
  if (method === undefined || method === null) return undefined;
  if (typeof method !== "function") throw new TypeError(`${String(method)} is not a function`);
  return method as () => unknown;
}

/** Newer versions of the language close an iterator one of whose values is rejected; they are asked when this loads. */
let languageClosesRejected = false;

void (async () => {
  const rejecting = {
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: Promise.reject() }),
      return() {
        languageClosesRejected = true;
        return { done: true, value: undefined };
      },
    }),
  };
  try {
    for await (const _ of rejecting);
  } catch {}
})();
