/** The classes whose instances may be stored, by name and by prototype. One table per process: names are global. */
import { SafeMap, SafeWeakMap } from "./collections.ts";
import { builtInErrors } from "./format.ts";
import { functionName, nativeName, prototypesOf } from "./kinds.ts";

/** A class as `registerClass` takes it. Its constructor may be private, or it abstract: nobody calls it. */
export interface StorableClass<T extends object> {
  readonly prototype: T;
  readonly name: string;
}

/** How instances are stored. Give both functions or neither. */
export interface ClassOptions<T extends object, Data> {
  /** The name in stored texts: it must stay the same for as long as texts may hold it. Default: the class's name. */
  readonly name?: string;
  /** Gives the data that stands for an instance: anything that can be stored. */
  readonly encode?: (value: T) => Data;
  /**
   * Makes an instance from the data. In a cycle that runs through the instance, containers in the data may still be
   * empty: keep them, do not read them. `Data` is what an earlier version of the program may have written.
   */
  readonly decode?: (data: Data) => T;
}

export interface RegisteredClass {
  readonly name: string;
  readonly constructor: new (...args: never[]) => object;
  readonly prototype: object;
  readonly codec: { encode(value: object): unknown; decode(data: unknown): unknown } | undefined;
}

const byName = new SafeMap<string, RegisteredClass>();
const byPrototype = new SafeWeakMap<object, RegisteredClass>();

/**
 * Lets instances of a class be stored and come back with their class. Without `encode` and `decode` an instance is
 * stored as its own properties, and made again from them and the class's prototype: the constructor is not called.
 * Subclasses are registered on their own. Call it where the class is defined, in every process that reads the values.
 *
 * @throws TypeError when the class needs `encode` and `decode` (private fields, or a built-in base such as Map), when
 *   only one of them is given, or when another class has the name
 * @example
 * class Money { constructor(readonly amount: bigint, readonly currency: string) {} }
 * registerClass(Money);
 */
export function registerClass<T extends object, Data = unknown>(
  cls: StorableClass<T>,
  options: ClassOptions<T, Data> = {},
): void {
  const prototype: unknown = Object.getOwnPropertyDescriptor(cls, "prototype")?.value;
  if (typeof cls !== "function" || typeof prototype !== "object" || prototype === null) {
    throw new TypeError("registerClass takes a class");
  }
  const name = options.name ?? functionName(cls);
  if (!name) throw new TypeError("registerClass: the class has no name; give one with { name }");
  const { encode, decode } = options;
  if ((encode === undefined) !== (decode === undefined)) {
    throw new TypeError(`registerClass(${name}): give both encode and decode, or neither`);
  }
  if (encode === undefined) requireOpenState(cls, prototype, name);
  requireFreeName(cls, name);
  // The two casts are safe: `encode` only gets values with this prototype, and `decode` states the data it expects.
  const codec =
    encode && decode
      ? { encode: (value: object) => encode(value as T), decode: (data: unknown) => decode(data as Data) }
      : undefined;
  const made = cls as object as RegisteredClass["constructor"];
  const registered: RegisteredClass = { name, constructor: made, prototype, codec };
  byName.set(name, registered);
  byPrototype.set(prototype, registered);
}

export function classNamed(name: string): RegisteredClass | undefined {
  return byName.get(name);
}

export function classOfPrototype(prototype: object): RegisteredClass | undefined {
  return byPrototype.get(prototype);
}

/** State outside own properties would be lost without a word, so it must be caught here. */
function requireOpenState(cls: object, prototype: object, name: string): void {
  for (const ancestor of [prototype, ...prototypesOf(prototype)]) {
    const native = nativeName(ancestor);
    if (native !== undefined && native !== "Object" && !builtInErrors.has(native)) {
      throw new TypeError(`registerClass(${name}): a class that extends ${native} needs encode and decode`);
    }
  }
  if (hasPrivateFields(cls)) {
    throw new TypeError(`registerClass(${name}): a class with private fields needs encode and decode`);
  }
}

/** Whether only the constructor of a class, or of one that it extends, can make such instances. */
export function hasPrivateFields(cls: object): boolean {
  for (let base: unknown = cls; typeof base === "function"; base = Object.getPrototypeOf(base)) {
    if (privateAccess.test(Function.prototype.toString.call(base))) return true;
  }
  return false;
}

/** A class that declares a private field also reads it, as `this.#field`. */
const privateAccess = /\.#[\p{ID_Start}$_]/u;

/** A reload of the same module registers the same source text again; that one takes the place of the earlier. */
function requireFreeName(cls: StorableClass<object>, name: string): void {
  if (builtInErrors.has(name))
    throw new TypeError(`registerClass(${name}): the name belongs to a built-in error class`);
  const other = byName.get(name)?.constructor;
  if (other === undefined || other === cls) return;
  const sameSource = Function.prototype.toString.call(other) === Function.prototype.toString.call(cls);
  if (!sameSource) {
    throw new TypeError(`registerClass(${name}): another class has this name; give one of them a { name } of its own`);
  }
}
