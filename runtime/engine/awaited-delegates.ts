/**
 * What a `yield*` or a `for await` of an async generator goes over. As in `delegates.ts`, the language asks it as it would ask
 * the iterator itself. Of an async one the answers are handed on; the results of another one are looked at here, once, because
 * the language awaits their values.
 */
import { type AwaitedImage, asyncImage, asyncMethod } from "./awaited-cursors.ts";
import { type CursorImage, View } from "./cursors.ts";
import { type Delegate, delegateTo, restoreDelegate } from "./delegates.ts";
import type { DelegateImage } from "./generator-frame.ts";
import { isObject } from "./thenables.ts";

/** Who is told of each step. */
export interface Watch {
  asked(): void;
  /** With what the language is to await, and whether it unwraps that in a job of its own; gives the promise that it awaits. */
  answered(value: unknown, unwraps: boolean): Promise<unknown>;
}

type Method = ((...args: readonly unknown[]) => unknown) | undefined;

export type AwaitedDelegate = AsyncDelegate | SyncDelegate;

export function awaitedDelegateTo(iterable: unknown, watch: Watch): AwaitedDelegate {
  const method = View.is(iterable) ? undefined : asyncMethod(iterable);
  if (method === undefined) return new SyncDelegate(delegateTo(iterable), watch, false);
  const iterator: unknown = Reflect.apply(method, iterable, []);
  if (!isObject(iterator)) throw new TypeError("Result of the Symbol.asyncIterator method is not an object");
  return new AsyncDelegate(iterator, (iterator as AsyncIterator<unknown>).next, watch, false);
}

export function restoreAwaitedDelegate(image: DelegateImage, watch: Watch): AwaitedDelegate {
  if (image.kind === "async") return new AsyncDelegate(image.of, image.next, watch, true);
  const sync = image.kind === "awaited" ? image.of : (image as CursorImage);
  return new SyncDelegate(restoreDelegate(sync), watch, true);
}

/** As the cursor of a loop; undefined for an iterator that cannot be stored. */
export function loopImage(delegate: AwaitedDelegate | undefined): AwaitedImage | undefined {
  if (delegate instanceof AsyncDelegate) return delegate.image();
  const of = delegate?.image();
  return of && { kind: "awaited", of };
}

class AsyncDelegate {
  readonly #iterator: object;
  readonly #next: unknown;
  readonly #watch: Watch;
  #repeats: boolean;

  /** @param next the method, which the language fetches once */
  constructor(iterator: object, next: unknown, watch: Watch, repeats: boolean) {
    this.#iterator = iterator;
    this.#next = next;
    this.#watch = watch;
    this.#repeats = repeats;
  }

  next(...args: readonly unknown[]): unknown {
    if (!this.#repeats) return this.#ask(this.#next as () => unknown, args);
    this.#repeats = false;
    return { value: undefined, done: false };
  }

  /** The language looks whether there is one, each time. */
  get return(): Method {
    return this.#method("return");
  }

  get throw(): Method {
    return this.#method("throw");
  }

  image(): AwaitedImage | undefined {
    return asyncImage(this.#iterator, this.#next);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #method(name: "return" | "throw"): Method {
    this.#watch.asked();
    const method: unknown = (this.#iterator as Record<string, unknown>)[name];
    if (typeof method !== "function") return method as Method;
    return (...args) => this.#ask(method as () => unknown, args);
  }

  #ask(method: (...args: unknown[]) => unknown, args: readonly unknown[]): Promise<unknown> {
    this.#watch.asked();
    return this.#watch.answered(Reflect.apply(method, this.#iterator, args), false);
  }
}

class SyncDelegate {
  readonly #delegate: Delegate;
  readonly #watch: Watch;
  #repeats: boolean;

  constructor(delegate: Delegate, watch: Watch, repeats: boolean) {
    this.#delegate = delegate;
    this.#watch = watch;
    this.#repeats = repeats;
  }

  next(...args: readonly unknown[]): unknown {
    if (this.#repeats) {
      this.#repeats = false;
      return this.#delegate.next();
    }
    this.#watch.asked();
    return this.#told(this.#delegate.next(...args));
  }

  get return(): Method {
    return this.#method("return");
  }

  get throw(): Method {
    return this.#method("throw");
  }

  image(): CursorImage | undefined {
    return this.#delegate.image();
  }

  [Symbol.iterator](): this {
    return this;
  }

  #method(name: "return" | "throw"): Method {
    this.#watch.asked();
    const method = this.#delegate[name];
    if (typeof method !== "function") return method;
    return (...args) => this.#told(method(...args));
  }

  #told(result: unknown): unknown {
    if (!isObject(result)) return result;
    const done = Boolean((result as IteratorResult<unknown>).done);
    return { done, value: this.#watch.answered((result as IteratorResult<unknown>).value, true) };
  }
}
