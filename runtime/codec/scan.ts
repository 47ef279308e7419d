/**
 * The first pass of encoding. It visits every object once, refuses what cannot be stored, and notes what the writer
 * needs: which objects are met more than once, and how to write those that are not plain.
 *
 * Invariant: it reads properties through their descriptors only. No getter, proxy trap or `toJSON` is ever run; the
 * only foreign code is that of extensions and of classes registered with `encode`.
 */
import { types } from "node:util";
import { ViewedBuffers } from "./binary.ts";
import { classOfPrototype, type RegisteredClass } from "./classes.ts";
import { scanErrorValue } from "./error-forms.ts";
import { messageOf, NotEncodableError, type PathKey } from "./errors.ts";
import { type CodecExtension, type IntegrityTag, MAX_DEPTH, MAX_HOLES } from "./format.ts";
import { builtInForms, scanInstance } from "./forms.ts";
import { describe, isErrorValue, nativeName } from "./kinds.ts";
import type { Emit, Scanned } from "./write.ts";

const dollar = 36;

/** A path that continues another one. Linked, because along a chain of scopes copies would grow with its square. */
interface Origin {
  readonly before: Origin | undefined;
  readonly keys: readonly PathKey[];
}

export class Scan implements Scanned {
  readonly seen = new Set<object>();
  readonly defined = new Set<object>();
  readonly emits = new Map<object, Emit>();
  /** Values that decoding makes from finished parts: unlike containers, they cannot be part of their own parts. */
  readonly made = new Set<object>();
  readonly buffers = new ViewedBuffers();
  private isPlain = true;
  private depth = 0;
  /** Where the scan is: the path of the extension value whose parts are visited, and the keys from there on. */
  private origin: Origin | undefined;
  private readonly path: PathKey[] = [];
  private readonly waiting: { readonly parts: unknown; readonly origin: Origin }[] = [];
  private readonly extensions: readonly CodecExtension[];

  constructor(extensions: readonly CodecExtension[]) {
    this.extensions = extensions;
  }

  /** True while nothing was met that JSON itself would not keep. */
  get plain(): boolean {
    return this.isPlain;
  }

  root(value: unknown): void {
    this.value(value);
    // Parts of extension values wait here, so that a chain of closures and scopes may be of any length.
    for (const { parts, origin } of this.waiting) {
      this.origin = origin;
      this.value(parts);
    }
    for (const buffer of this.buffers.settle((candidate) => this.seen.has(candidate))) this.object(buffer);
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
        return this.refuse("a symbol cannot be stored");
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
    this.emits.set(value, integrity === undefined ? emit : (out) => out.tagged(integrity, () => emit(out)));
  }

  /** Visits the named own properties, which must be ordinary data. */
  properties(value: object, names: readonly string[], integrity: IntegrityTag | undefined): void {
    for (const name of names) {
      const property = Object.getOwnPropertyDescriptor(value, name);
      if (property === undefined) this.refuse("the property changed while it was being encoded", name);
      this.requireData(property, name, integrity);
      if (!property.enumerable) this.refuse("a property that is not enumerable cannot be stored", name);
      if (name.charCodeAt(0) === dollar) this.isPlain = false;
      this.property(name, property.value);
    }
  }

  /** Refuses accessors, and attributes other than those the integrity of the object implies. */
  requireData(property: PropertyDescriptor, name: PathKey, integrity: IntegrityTag | undefined): void {
    if (property.get !== undefined || property.set !== undefined) {
      this.refuse("an accessor (get or set) cannot be stored", name);
    }
    const writable = integrity !== "$frozen";
    const configurable = writable && integrity !== "$sealed";
    if (property.writable !== writable || property.configurable !== configurable) {
      this.refuse("a property that is read-only or cannot be deleted cannot be stored; freeze the whole object", name);
    }
  }

  /** The names of all own properties, in their order. Properties named by symbols are refused. */
  namesOf(value: object): string[] {
    const keys = Reflect.ownKeys(value);
    // Symbols come last.
    if (typeof keys.at(-1) === "symbol") this.requireNoSymbols(value);
    return keys as string[];
  }

  requireNoSymbols(value: object): void {
    if (Object.getOwnPropertySymbols(value).length > 0) {
      this.refuse(`${describe(value)} with a property named by a symbol cannot be stored`);
    }
  }

  object(value: object): void {
    const known = this.seen.size;
    this.seen.add(value);
    if (this.seen.size === known) {
      this.defined.add(value);
      this.isPlain = false;
      return;
    }
    for (const extension of this.extensions) {
      if (extension.matches(value)) return this.extensionValue(value, extension);
    }
    if (typeof value === "function" || types.isProxy(value)) this.refuse(`${describe(value)} cannot be stored`);
    if (this.depth === MAX_DEPTH) this.refuse(`the value is nested deeper than ${MAX_DEPTH} levels`);
    this.depth++;
    this.contents(value, Object.getPrototypeOf(value));
    this.depth--;
  }

  private contents(value: object, prototype: object | null): void {
    if (prototype === Object.prototype) this.plainObject(value);
    else if (prototype === Array.prototype && Array.isArray(value)) this.array(value);
    else if (prototype === null) this.nullPrototype(value);
    else this.special(value, prototype);
  }

  private plainObject(value: object): void {
    const integrity = integrityOf(value);
    const names = this.namesOf(value);
    this.properties(value, names, integrity);
    if (integrity === undefined) return;
    this.keep(value, integrity, (out) => out.record(names, (name) => (value as Record<string, unknown>)[name]));
  }

  private nullPrototype(value: object): void {
    if (types.isModuleNamespaceObject(value)) this.refuse("a module namespace cannot be stored");
    const integrity = integrityOf(value);
    const names = this.namesOf(value);
    this.properties(value, names, integrity);
    const record = value as Record<string, unknown>;
    this.keep(value, integrity, (out) => out.tagged("$nullProto", () => out.record(names, (name) => record[name])));
  }

  private array(value: readonly unknown[]): void {
    const integrity = integrityOf(value);
    if (integrity !== "$frozen" && !hasWritableLength(value)) this.refuse("an array of fixed length cannot be stored");
    const names = this.namesOf(value);
    // `names` ends with "length" and the named properties, so this is at most the number of holes.
    const fewestHoles = value.length + 1 - names.length;
    if (fewestHoles > MAX_HOLES) {
      this.refuse(`an array with ${fewestHoles} holes cannot be stored (limit ${MAX_HOLES}); use a Map`);
    }
    const present = this.arrayElements(value, integrity);
    const extra = names.slice(present + 1);
    this.properties(value, extra, integrity);
    if (extra.length > 0) {
      const record = value as unknown as Record<string, unknown>;
      this.keep(value, integrity, (out) =>
        out.tagged("$array", () => {
          out.raw("[");
          out.elements(value);
          out.raw(",");
          out.record(extra, (name) => record[name]);
          out.raw("]");
        }),
      );
    } else if (integrity !== undefined || present < value.length) {
      this.keep(value, integrity, (out) => out.elements(value));
    }
  }

  /** Visits the elements and answers how many there are. */
  private arrayElements(value: readonly unknown[], integrity: IntegrityTag | undefined): number {
    let present = 0;
    for (let i = 0; i < value.length; i++) {
      const property = Object.getOwnPropertyDescriptor(value, i);
      if (property === undefined) continue;
      present++;
      this.requireData(property, i, integrity);
      if (!property.enumerable) this.refuse("an element that is not enumerable cannot be stored", i);
      this.property(i, property.value);
    }
    return present;
  }

  private special(value: object, prototype: object): void {
    if (types.isProxy(prototype)) this.refuse("an object whose prototype is a Proxy cannot be stored");
    const registered = classOfPrototype(prototype);
    if (registered?.codec) return this.customInstance(value, registered, registered.codec.encode);
    const integrity = integrityOf(value);
    if (isErrorValue(value)) return scanErrorValue(this, value as Error, registered, integrity);
    if (registered) return scanInstance(this, value, registered, integrity);
    if (Array.isArray(value) && nativeName(prototype) === "Array") return this.array(value);
    if (nativeName(prototype) === "Object") return this.foreignPlainObject(value, integrity);
    for (const form of builtInForms) {
      if (form.matches(value, prototype)) return this.keep(value, integrity, form.scan(this, value));
    }
    this.refuse(`${describe(value)} cannot be stored${hintFor(value)}`);
  }

  /** A plain object of another realm comes back as one of this realm. */
  private foreignPlainObject(value: object, integrity: IntegrityTag | undefined): void {
    this.plainObject(value);
    const record = value as Record<string, unknown>;
    this.keep(value, integrity, (out) => out.record(Object.keys(value), (name) => record[name]));
  }

  private customInstance(value: object, registered: RegisteredClass, encode: (value: object) => unknown): void {
    if (!Object.isExtensible(value)) {
      this.refuse(
        `a ${registered.name} that is frozen, sealed or not extensible cannot be stored by its encode function`,
      );
    }
    const data = this.foreign(`the encode function of class ${registered.name}`, () => encode(value));
    this.made.add(value);
    this.value(data);
    this.keep(value, undefined, (out) =>
      out.tagged("$custom", () => {
        out.raw(`[${JSON.stringify(registered.name)},`);
        out.value(data);
        out.raw("]");
      }),
    );
  }

  private extensionValue(value: object, extension: CodecExtension): void {
    const parts = this.foreign(`the ${extension.tag}`, () => extension.encode(value));
    this.defined.add(value);
    if (extension.make) this.made.add(value);
    this.waiting.push({ parts, origin: { before: this.origin, keys: [...this.path] } });
    this.keep(value, undefined, (out) => out.tagged(`$${extension.tag}`, () => out.value(parts)));
  }

  /** Runs code that is not ours; a refusal of its own gets the path to here in front. */
  private foreign(what: string, run: () => unknown): unknown {
    try {
      return run();
    } catch (error) {
      if (error instanceof NotEncodableError) {
        throw new NotEncodableError(this.pathTo(error.path), error.reason, { cause: error.cause });
      }
      throw new NotEncodableError(this.pathTo([]), `${what} failed: ${messageOf(error)}`, { cause: error });
    }
  }

  /** The whole path from the root to here, and some keys further. */
  private pathTo(further: readonly PathKey[]): PathKey[] {
    const pieces: (readonly PathKey[])[] = [further, this.path];
    for (let origin = this.origin; origin !== undefined; origin = origin.before) pieces.push(origin.keys);
    return pieces.reverse().flat();
  }

  /** As `child`, without keeping a path for primitives. */
  private property(key: PathKey, value: unknown): void {
    if ((typeof value === "object" && value !== null) || typeof value === "function" || typeof value === "symbol") {
      this.child(key, value);
    } else {
      this.value(value);
    }
  }
}

function integrityOf(value: object): IntegrityTag | undefined {
  if (Object.isExtensible(value)) return undefined;
  // V8 calls an empty sealed array frozen, although its length can be set.
  const isFrozen = Object.isFrozen(value) && !(Array.isArray(value) && hasWritableLength(value));
  if (isFrozen) return "$frozen";
  return Object.isSealed(value) ? "$sealed" : "$inextensible";
}

function hasWritableLength(array: readonly unknown[]): boolean {
  return Object.getOwnPropertyDescriptor(array, "length")?.writable === true;
}

function hintFor(value: object): string {
  const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(value), "constructor")?.value;
  const isOwnClass = typeof own === "function" && nativeName(Object.getPrototypeOf(value)) === undefined;
  return isOwnClass && /^class\b/.test(Function.prototype.toString.call(own))
    ? "; if it is data, register its class with registerClass"
    : "";
}
