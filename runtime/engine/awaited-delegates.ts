/**
 * What a `yield*` of an async generator goes over. As in `delegates.ts`, the language asks it as it would ask the iterator
 * itself. Of an async one the answers are handed on; the results of another one are looked at here, once, because the
 * language awaits their values.
 */
import { type AwaitedImage, asyncImage, asyncMethod } from "./awaited-cursors.ts";
import { type CursorImage, View } from "./cursors.ts";
import { type Delegate, delegateTo, restoreDelegate } from "./delegates.ts";
import type { DelegateImage } from "./generator-frame.ts";
import { isObject } from "./thenables.ts";

/** Who is told of each step. */
interface Watch {
  asked(): void;
  /** With what is awaited before the generator answers itself. */
  answered(value: Promise<unknown>): void;
}

type Method = ((value: unknown) => unknown) | undefined;

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
  return new SyncDelegate(restoreDelegate(image as CursorImage), watch, true);
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

  next(value: unknown): unknown {
    if (!this.#repeats) return this.#ask(this.#next as () => unknown, value);
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
    return (value) => this.#ask(method as () => unknown, value);
  }

  #ask(method: (value: unknown) => unknown, value: unknown): Promise<unknown> {
    this.#watch.asked();
    // The language awaits it as well: a promise of its own is this one.
    const answer = Promise.resolve(Reflect.apply(method, this.#iterator, [value]));
    this.#watch.answered(answer);
    return answer;
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

  next(value: unknown): unknown {
    if (this.#repeats) {
      this.#repeats = false;
      return this.#delegate.next(value);
    }
    this.#watch.asked();
    return this.#told(this.#delegate.next(value));
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
    return (value) => this.#told(method(value));
  }

  #told(result: unknown): unknown {
    if (!isObject(result)) return result;
    const done = Boolean((result as IteratorResult<unknown>).done);
    const value = Promise.resolve((result as IteratorResult<unknown>).value);
    this.#watch.answered(value);
    return { done, value };
  }
}
