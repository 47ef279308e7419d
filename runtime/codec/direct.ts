/**
 * Encoding in one pass, for values that are encoded over and over while they change a little: the frame of a run, at each
 * step. It presumes that what was shared in the last text is shared now, and nothing else, and tries again a few times where
 * that was wrong; and it knows plain values only. Where it gives up the value is scanned. What it writes is the text that a
 * scan leads to.
 */
import { types } from "node:util";
import { SafeSet } from "./collections.ts";
import { type CodecExtension, MAX_DEPTH, VALUE_FORMAT } from "./format.ts";
import { isNew } from "./functions.ts";
import type { Growth } from "./growth.ts";
import { hasWritableLength } from "./integrity.ts";
import { environment } from "./intrinsics.ts";
import { isDisguised, prototypeOf } from "./kinds.ts";
import { Parts, type PartsSink, type Tell, Told } from "./parts.ts";
import { isOrdinary } from "./properties.ts";
import type { Scan } from "./scan.ts";
import { keyTexts, Writer } from "./write.ts";

/** After a value that only a scan can store, so many texts are not tried. */
const pause = 16;

/** So often what is shared is thought to be otherwise, before a scan finds it out. */
const mostGuesses = 4;

/** Thrown, and caught here: the value is to be scanned. */
const unusual = new Error("only a scan can store the value");

const otherwiseShared = new Error("not what was shared before is shared now");

/** What is known of a value from its last text. Whoever encodes it again keeps one. */
export class Sharing {
  #shared: Set<object> = new SafeSet();
  #pause = 0;

  /** The text of a value; undefined when it must be scanned. */
  write(value: unknown, extensions: readonly CodecExtension[], growth?: Growth): string | undefined {
    if (this.#pause > 0) {
      this.#pause--;
      return undefined;
    }
    try {
      for (let guess = 0; guess < mostGuesses; guess++) {
        const text = this.#guess(this.#shared, value, extensions, growth);
        if (text === undefined) continue;
        growth?.settle();
        return text;
      }
    } catch {
      // What the scan refuses as well, it says better.
      this.#pause = pause;
    }
    return undefined;
  }

  /** Undefined when other objects are shared, which are known then. */
  #guess(
    shared: Set<object>,
    value: unknown,
    extensions: readonly CodecExtension[],
    growth: Growth | undefined,
  ): string | undefined {
    const writer = new DirectWriter(shared, extensions, growth);
    try {
      return writer.whole(value);
    } catch (error) {
      if (error !== otherwiseShared) throw error;
      for (const object of writer.metOnce) shared.delete(object);
      if (writer.metAgain) shared.add(writer.metAgain);
      return undefined;
    }
  }

  learn(scan: Scan): void {
    this.#shared = new SafeSet(scan.shared);
  }
}

const tellTold: Tell<Told> = (sink, told) => told.to(sink);

/** In the place of its number, of an object that was written where it was met. */
const inPlace = -1;

class DirectWriter extends Writer implements PartsSink {
  readonly #shared: ReadonlySet<object>;
  readonly #extensions: readonly CodecExtension[];
  /** By number; of other objects, which have definitions because they are shared, how often they were met before. */
  readonly #definitions: (CodecExtension | number)[] = [];
  /** What was written where it was met, and is shared. */
  metAgain: object | undefined;
  #depth = 0;
  /** No field was written yet of the parts that are written now. */
  #isFirst = true;
  /** Of what is written now. */
  #deepest = 0;
  /** A scan counts through shared objects, and from zero in what stands for a value of an extension. */
  #deepestOfShared = 0;
  #deepestOfOthers = 0;

  constructor(shared: ReadonlySet<object>, extensions: readonly CodecExtension[], growth: Growth | undefined) {
    super(growth);
    this.#shared = shared;
    this.#extensions = extensions;
  }

  whole(value: unknown): string {
    this.raw(`[${VALUE_FORMAT},`);
    if (typeof value === "object" && value !== null && Told.is(value)) this.#told(value, tellTold);
    else this.value(value);
    this.#deepestOfOthers = this.#deepest;
    let separator = ",[";
    for (const defined of this.queue) {
      this.raw(separator);
      this.references = [];
      this.body(defined as object);
      separator = ",";
    }
    this.raw(this.queue.length > 0 ? "]]" : "]");
    if (this.metOnce.length > 0) throw otherwiseShared;
    if (this.#deepestOfShared + this.#deepestOfOthers > MAX_DEPTH) throw unusual;
    return this.text;
  }

  /** What has a definition because it was shared, and is to be written where it is met. */
  get metOnce(): object[] {
    if (!this.#definitions.includes(0)) return [];
    return this.queue.filter((_, number) => this.#definitions[number] === 0) as object[];
  }

  protected override object(value: object | symbol): void {
    if (typeof value === "symbol") throw unusual;
    const number = this.numbers.get(value);
    if (number === inPlace) {
      this.metAgain = value;
      throw otherwiseShared;
    }
    if (number !== undefined) {
      const count = this.#definitions[number];
      if (typeof count === "number") this.#definitions[number] = count + 1;
      return this.reference(value);
    }
    const extension = this.#extensionOf(value);
    if (extension || this.#shared.has(value)) {
      this.#definitions.push(extension ?? 0);
      return this.reference(value);
    }
    this.numbers.set(value, inPlace);
    this.#plain(value);
  }

  protected override body(value: object): void {
    const extension = this.#definitions[this.numbers.get(value) as number] as CodecExtension | number;
    this.#deepest = 0;
    if (typeof extension === "number") {
      this.#plain(value);
      this.#deepestOfShared += this.#deepest;
      return;
    }
    if (extension.late) requireAsMade(value, extension);
    const parts = extension.encode(value);
    this.raw(`{"$${extension.tag}":`);
    if (Array.isArray(parts)) this.#madeArray(parts);
    else if (typeof parts === "object" && parts !== null && Told.is(parts)) this.#told(parts, tellTold);
    else this.value(parts);
    this.raw("}");
    this.#deepestOfOthers = Math.max(this.#deepestOfOthers, this.#deepest);
    // Whether it can be made from these is not known here.
    if (extension.make && this.references.length > 0) throw unusual;
  }

  #extensionOf(value: object): CodecExtension | undefined {
    const isProxy = types.isProxy(value);
    for (const extension of this.#extensions) {
      if ((!isProxy || extension.takesProxies) && extension.matches(value)) return extension;
    }
    if (isProxy) throw unusual;
    return undefined;
  }

  /** A plain object or array, part by part. */
  #plain(value: object): void {
    if (Parts.is(value)) return this.parts(value);
    if (typeof value === "function" || !Object.isExtensible(value)) throw unusual;
    this.#deeper();
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) this.#record(value);
    else if (prototype === Array.prototype && Array.isArray(value)) this.#array(value);
    else throw unusual;
    this.#depth--;
  }

  #deeper(): void {
    if (this.#depth === MAX_DEPTH) throw unusual;
    this.#depth++;
    if (this.#depth > this.#deepest) this.#deepest = this.#depth;
  }

  // ---- parts ----

  field(name: string, value: unknown): void {
    this.#key(name);
    this.value(value);
  }

  inner<Of>(name: string, of: Of, tell: Tell<Of>): void {
    this.#key(name);
    this.#told(of, tell);
  }

  each<Of>(name: string, items: Iterable<Of>, tell: Tell<Of>): void {
    this.#key(name);
    this.#deeper();
    let separator = "[";
    for (const item of items) {
      this.text += separator;
      this.#told(item, tell);
      separator = ",";
    }
    this.text += separator === "[" ? "[]" : "]";
    this.#depth--;
  }

  #key(name: string): void {
    const texts = keyTexts(name);
    this.text += this.#isFirst ? texts.first : texts.next;
    this.#isFirst = false;
  }

  #told<Of>(of: Of, tell: Tell<Of>): void {
    this.#isFirst = true;
    tell(this, of);
    this.text += this.#isFirst ? "{}" : "}";
    this.#isFirst = false;
  }

  /** The parts of a value of an extension, made for this text. */
  #madeArray(parts: readonly unknown[]): void {
    this.#deeper();
    let separator = "[";
    for (const part of parts) {
      this.text += separator;
      this.value(part);
      separator = ",";
    }
    this.text += separator === "[" ? "[]" : "]";
    this.#depth--;
  }

  // ---- values of the author ----

  #record(value: object): void {
    const keys = Reflect.ownKeys(value);
    if (value === environment || isDisguised(value, keys[0])) throw unusual;
    this.record(keys as string[], (key) => ordinary(value, key));
  }

  #array(array: readonly unknown[]): void {
    if (this.growing(array)) return;
    if (Reflect.ownKeys(array).length !== array.length + 1 || !hasWritableLength(array)) throw unusual;
    this.text += "[";
    for (let i = 0; i < array.length; i++) {
      if (i > 0) this.text += ",";
      this.value(ordinary(array, i));
    }
    this.text += "]";
  }
}

/** The value of a property as every new one is. */
function ordinary(value: object, key: PropertyKey): unknown {
  if (typeof key === "symbol") throw unusual;
  const property = Object.getOwnPropertyDescriptor(value, key);
  if (property === undefined || !isOrdinary(property, undefined)) throw unusual;
  return property.value;
}

/** A value that is made again has nothing that its parts do not say. */
function requireAsMade(value: object, extension: CodecExtension): void {
  if (extension.changesOthers?.(value)) throw unusual;
  const keys = extension.keysOf?.(value);
  // Nothing else is kept of it: it may be a proxy, and must not be touched.
  if (keys === undefined) return;
  if (keys.length > 0 || typeof value !== "function" || !Object.isExtensible(value)) throw unusual;
  if (extension.parentOf && extension.parentOf(value) !== Object.getPrototypeOf(value)) throw unusual;
  if (!Object.hasOwn(value, "prototype")) return;
  const prototype = prototypeOf(value);
  if (prototype === undefined || !isNew(prototype, value)) throw unusual;
}
