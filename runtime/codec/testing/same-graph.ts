/** The oracle of the codec's tests: are two graphs of values the same, as far as a program can tell? */
import { types } from "node:util";
import { Private, partsOf, partsOfProxy, Secret } from "./extensions.ts";

/**
 * Answers the first difference between two values as text, or undefined. Compares with `Object.is`, prototypes, own
 * keys with their order and attributes, integrity, contents of built-in objects, and which places hold the same object.
 */
export function difference(a: unknown, b: unknown): string | undefined {
  return new Comparison().compare(a, b, "value");
}

class Comparison {
  private readonly partner = new Map<unknown, unknown>();
  private readonly taken = new Set<unknown>();

  compare(a: unknown, b: unknown, at: string): string | undefined {
    // Besides equal primitives these are what every process has: symbols and objects of the language.
    if (Object.is(a, b)) return undefined;
    if (typeof a === "symbol" && typeof b === "symbol") return this.symbols(a, b, at);
    if (!isObject(a) || !isObject(b)) return `${at}: not the same primitive`;
    const known = this.partner.get(a);
    if (known !== undefined || this.taken.has(b)) return known === b ? undefined : `${at}: another identity`;
    this.partner.set(a, b);
    this.taken.add(b);
    if (types.isProxy(a) && types.isProxy(b)) return this.compare(partsOfProxy(a), partsOfProxy(b), `${at} proxied`);
    const prototype = this.compare(Object.getPrototypeOf(a), Object.getPrototypeOf(b), `${at}.__proto__`);
    if (prototype) return prototype;
    for (const check of [Object.isExtensible, Object.isSealed, Object.isFrozen]) {
      if (check(a) !== check(b)) return `${at}: ${check.name} differs`;
    }
    return this.inner(a, b, at) ?? this.properties(a, b, at);
  }

  private symbols(a: symbol, b: symbol, at: string): string | undefined {
    const known = this.partner.get(a);
    if (known !== undefined || this.taken.has(b)) return known === b ? undefined : `${at}: another symbol`;
    this.partner.set(a, b);
    this.taken.add(b);
    return a.description === b.description ? undefined : `${at}: a symbol with another description`;
  }

  private inner(a: object, b: object, at: string): string | undefined {
    if (a instanceof Secret && b instanceof Secret) return this.compare(a.reveal(), b.reveal(), `${at}#held`);
    if (a instanceof Private && b instanceof Private) return this.compare(a.reveal(), b.reveal(), `${at}#held`);
    if (typeof a !== typeof b) return `${at}: only one is a function`;
    if (typeof a === "function") return this.compare(partsOf(a), partsOf(b), `${at} parts`);
    if (types.isBoxedPrimitive(a) && types.isBoxedPrimitive(b)) {
      return this.compare(unboxed(a), unboxed(b), `${at} boxed`);
    }
    if (types.isDate(a) && types.isDate(b)) return this.compare(timeOf(a), timeOf(b), `${at}.getTime()`);
    if (types.isRegExp(a) && types.isRegExp(b)) return this.compare(textOf(a), textOf(b), `${at} text`);
    if (a instanceof URL && b instanceof URL) return this.compare(a.href, b.href, `${at}.href`);
    if (types.isMap(a) && types.isMap(b)) return this.sequence(entriesOf(a), entriesOf(b), `${at} entry`);
    if (types.isSet(a) && types.isSet(b)) return this.sequence(itemsOf(a), itemsOf(b), `${at} item`);
    if (types.isNativeError(a) !== types.isNativeError(b)) return `${at}: only one is an error`;
    if (a instanceof DOMException && b instanceof DOMException) {
      return this.sequence([a.name, a.message, a.code], [b.name, b.message, b.code], `${at} of DOMException`);
    }
    if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
      return this.sequence(partsOfView(a), partsOfView(b), `${at} of view`);
    }
    if (types.isArrayBuffer(a) && types.isArrayBuffer(b)) {
      return Buffer.compare(new Uint8Array(a), new Uint8Array(b)) === 0 ? undefined : `${at}: other bytes`;
    }
    return undefined;
  }

  private sequence(a: readonly unknown[], b: readonly unknown[], at: string): string | undefined {
    if (a.length !== b.length) return `${at}: ${a.length} and ${b.length}`;
    for (let i = 0; i < a.length; i++) {
      const found = this.compare(a[i], b[i], `${at} ${i}`);
      if (found) return found;
    }
    return undefined;
  }

  private properties(a: object, b: object, at: string): string | undefined {
    const isElement = (key: string | symbol) => types.isTypedArray(a) && /^\d+$/.test(String(key));
    const keys = comparableKeys(a).filter((key) => !isElement(key));
    const others = comparableKeys(b).filter((key) => !isElement(key));
    const found = this.sequence(keys, others, `${at} key`);
    if (found) return found;
    const partners = keys.map((key) => (this.partner.get(key) ?? key) as string | symbol);
    for (const [i, key] of keys.entries()) {
      const [x, y] = [describeProperty(a, key), describeProperty(b, partners[i] as string | symbol)];
      const attributes = this.sequence(x.attributes, y.attributes, `${at}.${String(key)} attribute`);
      const value = attributes ?? this.sequence(x.values, y.values, `${at}.${String(key)}`);
      if (value) return value;
    }
    return undefined;
  }
}

/** Own keys in order; those that are not enumerable first, because their place among the others is not kept. */
function comparableKeys(value: object): (string | symbol)[] {
  const keys = Reflect.ownKeys(value);
  const shown = keys.filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
  return [...keys.filter((key) => !shown.includes(key)), ...shown];
}

/** The engine's own accessor for `stack` counts as the property it stands for. */
function describeProperty(value: object, key: string | symbol) {
  const property = Object.getOwnPropertyDescriptor(value, key) as PropertyDescriptor;
  const isStack = key === "stack" && value instanceof Error;
  return {
    values: isStack ? [value.stack] : [property.value, property.get, property.set],
    // V8 does not always say that the `prototype` of a frozen function cannot be written.
    attributes:
      isStack || (key === "prototype" && Object.isFrozen(value))
        ? [property.enumerable]
        : [property.enumerable, property.writable, property.configurable],
  };
}

/** The instances may have methods of their own. */
function entriesOf(map: Map<unknown, unknown>): unknown[] {
  return [...Map.prototype.entries.call(map)].flat();
}

function itemsOf(set: Set<unknown>): unknown[] {
  return [...Set.prototype.values.call(set)];
}

function unboxed(value: object): unknown {
  const classes = [Number, String, Boolean, BigInt, Symbol];
  const owner = classes.find((each) => types[`is${each.name as "Number"}Object`](value)) as typeof Number;
  return owner.prototype.valueOf.call(value);
}

const timeOf = (date: Date) => Date.prototype.getTime.call(date);
/** Source and flags. A regular expression is made again without its class. */
const textOf = (regexp: RegExp) => {
  const parent: unknown = Object.getPrototypeOf(regexp);
  Object.setPrototypeOf(regexp, RegExp.prototype);
  const text = RegExp.prototype.toString.call(regexp);
  Object.setPrototypeOf(regexp, parent as object | null);
  return text;
};

/** Class, buffer, offset and size, by the getters of the language. */
function partsOfView(view: ArrayBufferView): unknown[] {
  const prototype = types.isDataView(view) ? DataView.prototype : Object.getPrototypeOf(Uint8Array.prototype);
  return [Symbol.toStringTag, "buffer", "byteOffset", "byteLength"].map((name) => {
    const { get } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
    return get ? Reflect.apply(get, view, []) : name;
  });
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
