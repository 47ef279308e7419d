/**
 * Persisted cursors of `for…of` and `for…in`.
 *
 * A cursor iterates as the language does, live changes included, and says at any suspension inside its loop where it
 * stands. After a reload the collection is the stored one, and the loop first gets the item at which it stood.
 */
import { types } from "node:util";
import { isNativeFunction } from "../codec/kinds.ts";
import { frameOfGenerator } from "./generator-marks.ts";
import { isVisited, keysIn, lengthOf, sizeOf } from "./iterated.ts";

/** Where a cursor stands, as stored. `item` is the item being visited. */
export type CursorImage =
  | {
      readonly kind: "index";
      readonly of: unknown;
      readonly view?: ViewKind;
      readonly next: number;
      readonly item: unknown;
    }
  | { readonly kind: "text"; readonly of: string; readonly next: number; readonly item: string }
  | {
      readonly kind: "rest";
      readonly of: Map<unknown, unknown> | Set<unknown>;
      readonly view?: ViewKind;
      readonly left: number;
      readonly item: unknown;
    }
  | { readonly kind: "keys"; readonly of: unknown; readonly keys: readonly string[]; readonly item: string }
  | { readonly kind: "iterator"; readonly of: object; readonly next: unknown; readonly item: unknown };

/** An iterator that a frame can store, unless `image` is undefined. Ends by calling `onEnd`. */
export interface Cursor extends IterableIterator<unknown> {
  image(): CursorImage | undefined;
}

/** What a loop over a collection is given of each entry. Absent: what the collection itself iterates. */
export type ViewKind = "entries" | "keys" | "values";

const typedArrays = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const arrayIterator = Array.prototype[Symbol.iterator];
const arrayStep = Object.getPrototypeOf([][Symbol.iterator]()) as { next: unknown };
const arrayNext = arrayStep.next;
const typedArrayIterator = typedArrays[Symbol.iterator];
const textIterator = String.prototype[Symbol.iterator];
const mapIterator = Map.prototype[Symbol.iterator];
const setIterator = Set.prototype[Symbol.iterator];

/** A view of a collection of the language that no loop has begun: where an iterator stands could not be seen. */
export class View implements Iterable<unknown> {
  readonly #isView = true;
  readonly of: Indexed | Keyed;
  readonly kind: ViewKind;

  constructor(of: Indexed | Keyed, kind: ViewKind) {
    this.of = of;
    this.kind = kind;
  }

  /** As `instanceof`, which would run traps of a proxy. */
  static is(value: unknown): value is View {
    return isObject(value) && #isView in value;
  }

  cursor(onEnd: () => void): StorableCursor {
    const { of, kind } = this;
    return isKeyed(of) ? new RestCursor(of, sizeOf(of), onEnd, kind) : new IndexCursor(of, 0, onEnd, kind);
  }

  [Symbol.iterator](): Iterator<unknown> {
    return this.cursor(() => {});
  }
}

type Begin = () => Iterator<unknown>;
const mapMethods = { ...methodsOf(Map.prototype), default: mapIterator } as Record<ViewKind | "default", Begin>;
const setMethods = { ...methodsOf(Set.prototype), default: setIterator } as Record<ViewKind | "default", Begin>;

type Indexed = ArrayLike<unknown> & object;
type Keyed = Map<unknown, unknown> | Set<unknown>;

const owners: readonly { readonly methods: Record<ViewKind, unknown>; owns(value: unknown): boolean }[] = [
  { methods: methodsOf(Array.prototype), owns: (value) => Array.isArray(value) && arrayStep.next === arrayNext },
  { methods: methodsOf(typedArrays), owns: (value) => types.isTypedArray(value) && arrayStep.next === arrayNext },
  { methods: methodsOf(Map.prototype), owns: types.isMap },
  { methods: methodsOf(Set.prototype), owns: types.isSet },
];

/** The methods as they are before anyone replaces them. */
function methodsOf(prototype: Record<ViewKind, unknown>): Record<ViewKind, unknown> {
  const { entries, keys, values } = prototype;
  return { entries, keys, values };
}

/** `object[method]()` for a loop. Of collections of the language it is not begun, so that it can be stored. */
export function viewOf(object: Record<ViewKind, () => Iterable<unknown>>, method: ViewKind): Iterable<unknown> {
  const fn: unknown = object[method];
  for (const { methods, owns } of owners) {
    if (fn === methods[method] && owns(object)) return new View(object as unknown as Indexed | Keyed, method);
  }
  if (typeof fn !== "function") throw new TypeError(`${method} is not a function`);
  return Reflect.apply(fn, object, []);
}

/** The cursor of a `for…of` that begins. Throws what the language throws when `iterable` cannot be iterated. */
export function cursorOver(iterable: unknown, onEnd: () => void): StorableCursor | IteratorCursor {
  if (View.is(iterable)) return iterable.cursor(onEnd);
  const method = iteratorMethod(iterable);
  if (method === textIterator && typeof iterable === "string") return new TextCursor(iterable, 0, onEnd);
  const byIndex = method === arrayIterator || method === typedArrayIterator;
  if (byIndex && arrayStep.next === arrayNext && isObject(iterable)) return new IndexCursor(iterable, 0, onEnd);
  if (method === mapIterator && types.isMap(iterable)) return new RestCursor(iterable, sizeOf(iterable), onEnd);
  if (method === setIterator && types.isSet(iterable)) return new RestCursor(iterable, sizeOf(iterable), onEnd);
  const iterator = Reflect.apply(method, iterable, []);
  if (!isObject(iterator)) throw new TypeError("Result of the Symbol.iterator method is not an object");
  return new IteratorCursor(iterator, iterator.next, onEnd);
}

/** The cursor of a `for…in` that begins. */
export function cursorOverKeys(object: unknown, onEnd: () => void): Cursor {
  return new KeyCursor(object, keysIn(object), onEnd);
}

/** A stored cursor goes on: it yields its item again first. */
export function repeatCursor(image: CursorImage, onEnd: () => void): Cursor {
  const cursor = restoreCursor(image, onEnd);
  cursor.repeat(image.item);
  return cursor;
}

/** For a frame that lacks the cursor: one item, so that control reaches the label, where the run is blocked. */
export function strayCursor(): Iterable<unknown> {
  return [undefined];
}

/** A stored cursor goes on behind its item. */
export function restoreCursor(image: CursorImage, onEnd: () => void): StorableCursor | IteratorCursor {
  switch (image.kind) {
    case "index":
      return new IndexCursor(image.of as Indexed, image.next, onEnd, image.view);
    case "text":
      return new TextCursor(image.of, image.next, onEnd);
    case "rest":
      return new RestCursor(image.of, image.left, onEnd, image.view);
    case "keys":
      return new KeyCursor(image.of, image.keys, onEnd);
    case "iterator":
      return new IteratorCursor(image.of as Iterator<unknown>, image.next, onEnd);
  }
}

abstract class StorableCursor implements Cursor {
  protected item: unknown;
  #repeats = false;
  readonly #onEnd: () => void;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** Steps to the next item and keeps it as `item`; false when there is none. */
  protected abstract advance(): boolean;
  abstract image(): CursorImage;

  repeat(item: unknown): void {
    this.item = item;
    this.#repeats = true;
  }

  next(): IteratorResult<unknown> {
    if (this.#repeats) this.#repeats = false;
    else if (!this.#advances()) return this.return();
    return { done: false, value: this.item };
  }

  return(): IteratorResult<unknown> {
    this.#onEnd();
    return { done: true, value: undefined };
  }

  [Symbol.iterator](): this {
    return this;
  }

  /** A getter may throw: then the loop is left. */
  #advances(): boolean {
    try {
      return this.advance();
    } catch (error) {
      this.#onEnd();
      throw error;
    }
  }
}

/** Arrays, typed arrays and `arguments`: the length is read at each turn. */
class IndexCursor extends StorableCursor {
  readonly #of: ArrayLike<unknown>;
  readonly #view: ViewKind | undefined;
  #next: number;

  constructor(of: ArrayLike<unknown>, next: number, onEnd: () => void, view?: ViewKind) {
    super(onEnd);
    this.#view = view;
    this.#of = of;
    this.#next = next;
  }

  protected advance(): boolean {
    if (this.#next >= lengthOf(this.#of)) return false;
    const index = this.#next++;
    if (this.#view === "keys") this.item = index;
    else this.item = this.#view === "entries" ? [index, this.#of[index]] : this.#of[index];
    return true;
  }

  image(): CursorImage {
    return { kind: "index", of: this.#of, ...(this.#view && { view: this.#view }), next: this.#next, item: this.item };
  }
}

/** Strings: by code point, a lone surrogate by itself. */
class TextCursor extends StorableCursor {
  readonly #of: string;
  #next: number;

  constructor(of: string, next: number, onEnd: () => void) {
    super(onEnd);
    this.#of = of;
    this.#next = next;
  }

  protected advance(): boolean {
    const point = this.#of.codePointAt(this.#next);
    if (point === undefined) return false;
    const text = String.fromCodePoint(point);
    this.item = text;
    this.#next += text.length;
    return true;
  }

  image(): CursorImage {
    return { kind: "text", of: this.#of, next: this.#next, item: this.item as string };
  }
}

/**
 * Map and Set: the entries still to come are always the last ones, whatever was deleted or added, so their number says
 * where the cursor stands. Counting them uses up the native iterator; it is then made again.
 */
class RestCursor extends StorableCursor {
  readonly #of: Keyed;
  readonly #view: ViewKind | undefined;
  #entries: Iterator<unknown>;

  constructor(of: Keyed, left: number, onEnd: () => void, view?: ViewKind) {
    super(onEnd);
    this.#of = of;
    this.#view = view;
    this.#entries = lastEntries(of, left, view);
  }

  protected advance(): boolean {
    const result = this.#entries.next();
    if (result.done) return false;
    this.item = result.value;
    return true;
  }

  image(): CursorImage {
    let left = 0;
    while (!this.#entries.next().done) left++;
    this.#entries = lastEntries(this.#of, left, this.#view);
    return { kind: "rest", of: this.#of, ...(this.#view && { view: this.#view }), left, item: this.item };
  }
}

function lastEntries(of: Keyed, left: number, view: ViewKind | undefined): Iterator<unknown> {
  const methods = types.isMap(of) ? mapMethods : setMethods;
  const entries = Reflect.apply(methods[view ?? "default"], of, []);
  for (let skip = sizeOf(of) - left; skip > 0; skip--) entries.next();
  return entries;
}

/** `for…in`: the keys are those of the start; one that was deleted meanwhile is left out. */
class KeyCursor extends StorableCursor {
  readonly #of: unknown;
  readonly #keys: readonly string[];
  #next = 0;

  constructor(of: unknown, keys: readonly string[], onEnd: () => void) {
    super(onEnd);
    this.#of = of;
    this.#keys = keys;
  }

  protected advance(): boolean {
    while (this.#next < this.#keys.length) {
      const key = this.#keys[this.#next++] as string;
      if (!isVisited(this.#of, key)) continue;
      this.item = key;
      return true;
    }
    return false;
  }

  image(): CursorImage {
    return { kind: "keys", of: this.#of, keys: this.#keys.slice(this.#next), item: this.item as string };
  }
}

/** Any other iterable. Its iterator is stored as the object that it is, unless it is one of the language: that of an array, a generator that is not compiled. */
export class IteratorCursor implements Cursor {
  readonly iterator: Iterator<unknown>;
  readonly #next: unknown;
  readonly #onEnd: () => void;
  #item: unknown;
  #repeats = false;

  /** @param next the method, which the language fetches once */
  constructor(iterator: Iterator<unknown>, next: unknown, onEnd: () => void) {
    this.iterator = iterator;
    this.#next = next;
    this.#onEnd = onEnd;
  }

  repeat(item: unknown): void {
    this.#item = item;
    this.#repeats = true;
  }

  next(): IteratorResult<unknown> {
    if (this.#repeats) {
      this.#repeats = false;
      return { done: false, value: this.#item };
    }
    try {
      const result = this.step();
      if (!result.done) {
        this.#item = result.value;
        return { done: false, value: this.#item };
      }
    } catch (error) {
      // The loop does not close what fails to give its next item.
      this.#onEnd();
      throw error;
    }
    this.#onEnd();
    return { done: true, value: undefined };
  }

  /** The iterator's own next result. */
  step(): IteratorResult<unknown> {
    const result = Reflect.apply(this.#next as () => IteratorResult<unknown>, this.iterator, []);
    if (!isObject(result)) throw new TypeError(`Iterator result ${String(result)} is not an object`);
    return result;
  }

  /** What the iterator answers, as it is, when it is asked with these arguments. */
  send(...args: readonly unknown[]): unknown {
    return Reflect.apply(this.#next as (...args: unknown[]) => unknown, this.iterator, args);
  }

  return(): IteratorResult<unknown> {
    this.#onEnd();
    const method: unknown = this.iterator.return;
    if (method === undefined || method === null) return { done: true, value: undefined };
    return Reflect.apply(method as () => IteratorResult<unknown>, this.iterator, []);
  }

  [Symbol.iterator](): this {
    return this;
  }

  image(): CursorImage | undefined {
    const isNative = typeof this.#next === "function" && isNativeFunction(this.#next);
    if (isNative && !frameOfGenerator(this.iterator)) return undefined;
    return { kind: "iterator", of: this.iterator, next: this.#next, item: this.#item };
  }
}

function iteratorMethod(iterable: unknown): () => Iterator<unknown> {
  const method =
    iterable === null || iterable === undefined ? undefined : (iterable as Iterable<unknown>)[Symbol.iterator];
  if (typeof method === "function") return method;
  throw new TypeError(`${describe(iterable)} is not iterable`);
}

function isKeyed(value: object): value is Keyed {
  return types.isMap(value) || types.isSet(value);
}

function isObject(value: unknown): value is ArrayLike<unknown> & Iterator<unknown> & object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null ? "object" : String(value);
}
