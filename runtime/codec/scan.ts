/**
 * The first pass of encoding. It visits every object once, refuses what cannot be stored, and notes what the writer
 * needs: which objects are met more than once, and how to write those that are not plain.
 *
 * Invariant: it reads properties through their descriptors only. No getter (but for an error's own `message`), proxy
 * trap or `toJSON` is ever run; other foreign code is that of extensions and of classes registered with `encode`.
 */

import { types } from "node:util";
import { scanArray } from "./arrays.ts";
import { ViewedBuffers } from "./binary.ts";
import { SafeMap, SafeSet } from "./collections.ts";
import { messageOf, NotEncodableError, type PathKey } from "./errors.ts";
import { type CodecExtension, type IntegrityTag, MAX_DEPTH } from "./format.ts";
import { classHint, functionProperties, isClass, type StoredOwners } from "./functions.ts";
import type { Growth } from "./growth.ts";
import type { HandledOf } from "./handling.ts";
import { scanSpecial } from "./instances.ts";
import { integrityOf } from "./integrity.ts";
import { environment, intrinsicName, lateIntrinsicName } from "./intrinsics.ts";
import { describe, hasHiddenState, isDisguised, isPrototype, ownConstructor, prototypeOf } from "./kinds.ts";
import { Parts, partsTold } from "./parts.ts";
import { type Described, describeProperties, isOrdinary, writeProperties } from "./properties.ts";
import type { Origin, Waiting } from "./scan-places.ts";
import { isGlobalSymbol } from "./symbols.ts";
import type { Emit, Scanned, Writer } from "./write.ts";

const dollar = 36;

/** How a record is written, when not as a plain object. */
type RecordForm = "$nullProto" | ((out: Writer, record: () => void) => void);

export class Scan implements Scanned, StoredOwners {
  readonly seen = new SafeSet<object | symbol>();
  readonly defined = new SafeSet<object | symbol>();
  /** Those of them that are defined because they are met more than once. */
  readonly shared = new SafeSet<object>();
  readonly emits = new SafeMap<object | symbol, Emit>();
  /** Values that decoding makes from finished parts: unlike containers, they cannot be part of their own parts. */
  readonly made = new SafeSet<object | symbol>();
  /** Stored by name: these never get a definition. */
  private intrinsics: Set<object> | undefined;
  /** Prototypes of built-in objects and functions that are not those of their class. */
  private prototypes: Map<object, object | null> | undefined;
  private viewed: ViewedBuffers | undefined;
  private isPlain = true;
  private depth = 0;
  /** Where the scan is: the path of the extension value whose parts are visited, and the keys from there on. */
  private origin: Origin | undefined;
  private readonly path: PathKey[] = [];
  private readonly waiting: Waiting[] = [];
  private readonly extensions: readonly CodecExtension[];
  readonly handledOf: HandledOf;
  readonly growth: Growth | undefined;

  constructor(extensions: readonly CodecExtension[], handledOf: HandledOf, growth?: Growth) {
    this.extensions = extensions;
    this.handledOf = handledOf;
    this.growth = growth;
  }

  /** True while nothing was met that JSON itself would not keep. */
  get plain(): boolean {
    return this.isPlain;
  }

  /** What is encoded is the frame of a run, with values that only the runtime knows. */
  get isOfRun(): boolean {
    return this.extensions.length > 0;
  }

  /** Of another value by itself. */
  alone(): Scan {
    return new Scan(this.extensions, this.handledOf);
  }

  root(value: unknown): void {
    this.value(value);
    // Parts of extension values wait here, so that a chain of closures and scopes may be of any length.
    for (const { parts, run, origin } of this.waiting) {
      this.origin = origin;
      if (run) run();
      else this.value(parts);
    }
    for (const buffer of this.viewed?.settle((candidate) => this.seen.has(candidate)) ?? []) this.object(buffer);
  }

  get buffers(): ViewedBuffers {
    this.viewed ??= new ViewedBuffers();
    return this.viewed;
  }

  /** Notes the prototype of a built-in object that is not the one of its class. */
  inherit(value: object, prototype: object | null): void {
    this.child("__proto__", prototype);
    this.setPrototype(value, prototype);
  }

  private setPrototype(value: object, prototype: object | null): void {
    this.prototypes ??= new SafeMap();
    this.prototypes.set(value, prototype);
  }

  /** The prototype that is stored beside it. */
  keptPrototype(value: object): object | null | undefined {
    return this.prototypes?.get(value);
  }

  value(value: unknown): void {
    switch (typeof value) {
      case "string":
      case "boolean":
        return;
      case "number":
        if (!Number.isFinite(value) || Object.is(value, -0)) this.isPlain = false;
        return;
      case "undefined":
      case "bigint":
        this.isPlain = false;
        return;
      case "symbol":
        return this.symbol(value);
      default:
        if (value !== null) this.object(value as object);
    }
  }

  /** Visits a value that is found under a key. */
  child(key: PathKey, value: unknown): void {
    this.path.push(key);
    this.value(value);
    this.path.pop();
  }

  /** Visits both sides of an entry of a Map. */
  entry(index: number, key: unknown, item: unknown): void {
    this.path.push(index);
    this.child(0, key);
    this.child(1, item);
    this.path.pop();
  }

  /** Says that the value found here cannot be stored; `key` is one step further. */
  refuse(reason: string, key?: PathKey): never {
    throw new NotEncodableError(this.pathTo(key === undefined ? [] : [key]), reason);
  }

  /** Notes how to write a value that is not plain, with its integrity around it. */
  keep(value: object, integrity: IntegrityTag | undefined, emit: Emit): void {
    this.isPlain = false;
    const prototype = this.prototypes?.get(value);
    const whole: Emit = prototype === undefined ? emit : (out) => out.pair("$inherit", prototype, () => emit(out));
    this.emits.set(value, integrity === undefined ? whole : (out) => out.tagged(integrity, () => whole(out)));
  }

  /** Visits ordinary own properties, up to the first that is not; answers how many. */
  properties(value: object, keys: readonly (string | symbol)[], integrity: IntegrityTag | undefined): number {
    for (let i = 0; i < keys.length; i++) {
      const name = keys[i] as string | symbol;
      if (typeof name === "symbol") return i;
      const property = Object.getOwnPropertyDescriptor(value, name);
      if (property === undefined || !isOrdinary(property, integrity)) return i;
      if (name.charCodeAt(0) === dollar) this.isPlain = false;
      this.property(name, property.value);
    }
    return keys.length;
  }

  /** As `child`, without keeping a path for primitives. */
  property(key: PathKey, value: unknown): void {
    if ((typeof value === "object" && value !== null) || typeof value === "function" || typeof value === "symbol") {
      this.child(key, value);
    } else {
      this.value(value);
    }
  }

  object(value: object): void {
    const known = this.seen.size;
    this.seen.add(value);
    if (this.seen.size === known) {
      if (!this.intrinsics?.has(value) && !this.defined.has(value)) {
        this.defined.add(value);
        this.shared.add(value);
      }
      this.isPlain = false;
      return;
    }
    if (Parts.is(value)) return this.parts(value);
    const isProxy = types.isProxy(value);
    for (const extension of this.extensions) {
      if (isProxy && !extension.takesProxies) continue;
      if (extension.matches(value)) return this.extensionValue(value, extension);
    }
    const isKnown = !isProxy && typeof value === "function" && this.intrinsic(value, lateIntrinsicName);
    if (isKnown) return;
    if (isProxy || typeof value === "function") this.refuse(`${describe(value)} cannot be stored`);
    if (this.depth === MAX_DEPTH) this.refuse(`the value is nested deeper than ${MAX_DEPTH} levels`);
    this.depth++;
    this.contents(value, Object.getPrototypeOf(value));
    this.depth--;
  }

  private parts(value: Readonly<Record<string, unknown>>): void {
    for (const name in value) {
      if (name.charCodeAt(0) === dollar) this.isPlain = false;
      this.property(name, value[name]);
    }
  }

  private symbol(value: symbol): void {
    this.isPlain = false;
    if (isGlobalSymbol(value)) return;
    if (this.seen.has(value)) this.defined.add(value);
    this.seen.add(value);
    if (this.defined.has(value)) return;
    for (const extension of this.extensions) {
      const parts = extension.encodeSymbol?.(value);
      if (parts === undefined) continue;
      this.defined.add(value);
      this.waiting.push({ origin: this.here(), parts, run: undefined });
      this.emits.set(value, (out) => out.extension(extension.tag, parts));
      return;
    }
  }

  /** The path to what is visited, for parts that are visited later. */
  private here(): Origin {
    return { before: this.origin, keys: this.path.slice() };
  }

  /** Stores a value by name, if it is one that every process has. */
  intrinsic(value: object, nameOf: (value: object) => string | undefined = intrinsicName): boolean {
    const name = nameOf(value);
    if (name === undefined) return false;
    this.intrinsics ??= new SafeSet();
    this.intrinsics.add(value);
    this.keep(value, undefined, (out) => out.raw(`{"$intrinsic":${JSON.stringify(name)}}`));
    return true;
  }

  private contents(value: object, prototype: object | null): void {
    if (prototype === Object.prototype) this.record(value, undefined);
    else if (prototype === Array.prototype && Array.isArray(value)) this.array(value);
    else if (prototype === null && !hasHiddenState(value)) this.record(value, "$nullProto");
    else scanSpecial(this, value, prototype);
  }

  private array(value: readonly unknown[]): void {
    const grown = this.growth?.grown(value);
    if (grown === undefined) return scanArray(this, value, integrityOf(value));
    this.isPlain = false;
    for (let i = grown.count; i < value.length; i++) this.property(i, value[i]);
  }

  /** Visits an object that is only its properties. */
  record(value: object, form: RecordForm | undefined): void {
    const integrity = integrityOf(value);
    const keys = Reflect.ownKeys(value);
    // Namespaces of the language are known by their symbols, which come last.
    const mayBeNamed = typeof keys.at(-1) === "symbol" || value === environment;
    if (mayBeNamed && this.intrinsic(value)) return;
    if (form === undefined && isDisguised(value, keys[0])) return scanSpecial(this, value, Object.prototype);
    const plain = this.properties(value, keys, integrity);
    // Most records end here, in a function without closures: a context for them would cost more than the rest.
    if (plain === keys.length && form === undefined && integrity === undefined) return;
    if (plain < keys.length && !mayBeNamed && this.intrinsic(value)) return;
    this.describedRecord(value, form, keys, plain, integrity);
  }

  /** A record that is not plain: the first `plain` of its keys are ordinary. */
  private describedRecord(
    value: object,
    form: RecordForm | undefined,
    keys: readonly (string | symbol)[],
    plain: number,
    integrity: IntegrityTag | undefined,
  ): void {
    if (plain < keys.length) {
      if (form === undefined && hasHiddenState(value)) return scanSpecial(this, value, Object.prototype);
      this.requireStoredOwner(value);
    }
    const described = describeProperties(this, value, keys.slice(plain), integrity);
    const record = value as Record<string, unknown>;
    const names = keys.slice(0, plain) as string[];
    this.keep(value, integrity, (out) =>
      writeProperties(out, described, () => {
        const write = () => out.record(names, (name) => record[name]);
        if (typeof form === "function") form(out, write);
        else if (form) out.tagged(form, write);
        else write();
      }),
    );
  }

  /** The prototype of a function can only be kept if the function comes back with it. */
  private requireStoredOwner(value: object): void {
    if (!isPrototype(value)) return;
    const owner = ownConstructor(value) as object;
    if (isClass(owner) || !this.isStored(owner)) {
      this.refuse(`the prototype of ${describe(owner)} cannot be stored${classHint(owner)}`);
    }
  }

  /** The function whose instances inherit from an object. */
  ownerOf(prototype: object): object | undefined {
    for (const extension of this.extensions) {
      const owner = extension.ownerOf?.(prototype);
      if (owner !== undefined) return owner;
    }
    const owner = ownConstructor(prototype);
    return owner && prototypeOf(owner) === prototype ? owner : undefined;
  }

  /** True for a function that comes back together with its prototype. */
  isStored(owner: object): boolean {
    return this.isExtended(owner) || intrinsicName(owner) !== undefined;
  }

  isExtended(owner: object): boolean {
    const extension = this.extensions.find((each) => each.matches(owner));
    return extension !== undefined && this.addedKeys(owner, extension) !== undefined;
  }

  isFound(prototype: object): boolean {
    return this.extensions.some(({ make, matches }) => make !== undefined && matches(prototype));
  }

  instanceProblem(owner: object): string | undefined {
    return this.extensions.find((each) => each.matches(owner))?.instanceProblem?.(owner);
  }

  private extensionValue(value: object, extension: CodecExtension): void {
    const parts = this.partsOf(value, extension);
    this.defined.add(value);
    if (extension.make) this.made.add(value);
    const origin = this.here();
    this.waiting.push({ origin, parts, run: undefined });
    const write: Emit = (out) => out.extension(extension.tag, parts);
    const keys = this.addedKeys(value, extension);
    if (keys === undefined) return this.keep(value, undefined, write);
    const parent: object | null = Object.getPrototypeOf(value);
    if (extension.parentOf && extension.parentOf(value) !== parent) {
      this.waiting.push({ origin, parts: undefined, run: () => this.child("__proto__", parent) });
      this.setPrototype(value, parent);
    }
    this.functionValue(value, keys, origin, write);
  }

  /** A function of an extension: what the author added to it is kept too. */
  private functionValue(value: object, keys: readonly (string | symbol)[], origin: Origin, write: Emit): void {
    const integrity = integrityOf(value);
    let own: () => readonly Described[] = () => [];
    const run = () => {
      own = functionProperties(this, value, keys, integrity);
    };
    this.waiting.push({ origin, parts: undefined, run });
    this.keep(value, integrity, (out) => writeProperties(out, own(), () => write(out)));
  }

  private partsOf(value: object, extension: CodecExtension): unknown {
    try {
      return partsTold(extension.encode(value));
    } catch (error) {
      throw this.foreignFault(`the ${extension.tag}`, error);
    }
  }

  private addedKeys(value: object, extension: CodecExtension): readonly (string | symbol)[] | undefined {
    if (!extension.late || !extension.keysOf) return undefined;
    try {
      return extension.keysOf(value);
    } catch (error) {
      throw this.foreignFault(`the ${extension.tag}`, error);
    }
  }

  /** What code that is not ours threw; a refusal of its own gets the path to here in front. */
  foreignFault(what: string, error: unknown): NotEncodableError {
    if (error instanceof NotEncodableError) {
      return new NotEncodableError(this.pathTo(error.path), error.reason, { cause: error.cause });
    }
    return new NotEncodableError(this.pathTo([]), `${what} failed: ${messageOf(error)}`, { cause: error });
  }

  /** The whole path from the root to here, and some keys further. */
  private pathTo(further: readonly PathKey[]): PathKey[] {
    const pieces: (readonly PathKey[])[] = [further, this.path];
    for (let origin = this.origin; origin !== undefined; origin = origin.before) pieces.push(origin.keys);
    return pieces.reverse().flat();
  }
}
