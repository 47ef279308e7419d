/** The oracle of the codec's tests: are two graphs of values the same, as far as a program can tell? */
import { types } from "node:util";
import { Secret } from "./extensions.ts";

/**
 * Answers the first difference between two values as text, or undefined. Compares with `Object.is`, prototypes, own
 * keys with their order and attributes, integrity, contents of built-in objects, and which places hold the same object.
 */
export function difference(a: unknown, b: unknown): string | undefined {
  return new Comparison().compare(a, b, "value");
}

class Comparison {
  private readonly partner = new Map<object, object>();
  private readonly taken = new Set<object>();

  compare(a: unknown, b: unknown, at: string): string | undefined {
    if (!isObject(a) || !isObject(b)) return Object.is(a, b) ? undefined : `${at}: not the same primitive`;
    const known = this.partner.get(a);
    if (known !== undefined || this.taken.has(b)) return known === b ? undefined : `${at}: another identity`;
    this.partner.set(a, b);
    this.taken.add(b);
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${at}: another prototype`;
    for (const check of [Object.isExtensible, Object.isSealed, Object.isFrozen]) {
      if (check(a) !== check(b)) return `${at}: ${check.name} differs`;
    }
    return this.inner(a, b, at) ?? this.properties(a, b, at);
  }

  private inner(a: object, b: object, at: string): string | undefined {
    if (a instanceof Secret && b instanceof Secret) return this.compare(a.reveal(), b.reveal(), `${at}#held`);
    if (types.isDate(a) && types.isDate(b)) return this.compare(a.getTime(), b.getTime(), `${at}.getTime()`);
    if (types.isRegExp(a) && types.isRegExp(b)) return this.compare(String(a), String(b), `${at} text`);
    if (a instanceof URL && b instanceof URL) return this.compare(a.href, b.href, `${at}.href`);
    if (types.isMap(a) && types.isMap(b)) return this.sequence([...a].flat(), [...b].flat(), `${at} entry`);
    if (types.isSet(a) && types.isSet(b)) return this.sequence([...a], [...b], `${at} item`);
    if (types.isNativeError(a) !== types.isNativeError(b)) return `${at}: only one is an error`;
    if (a instanceof DOMException && b instanceof DOMException) {
      return this.sequence([a.name, a.message, a.code], [b.name, b.message, b.code], `${at} of DOMException`);
    }
    if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
      return this.sequence(
        [a.buffer, a.byteOffset, a.byteLength],
        [b.buffer, b.byteOffset, b.byteLength],
        `${at} of view`,
      );
    }
    if (a instanceof ArrayBuffer && b instanceof ArrayBuffer) {
      return Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0 ? undefined : `${at}: other bytes`;
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
    if (types.isTypedArray(a)) return undefined;
    const keys = comparableKeys(a);
    const found = this.sequence(keys, comparableKeys(b), `${at} key`);
    if (found) return found;
    for (const key of keys) {
      const [x, y] = [describeProperty(a, key), describeProperty(b, key)];
      const attributes = this.sequence(x.attributes, y.attributes, `${at}.${String(key)} attribute`);
      const value = attributes ?? this.compare(x.value, y.value, `${at}.${String(key)}`);
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
    value: isStack ? value.stack : property.value,
    attributes: isStack ? [property.enumerable] : [property.enumerable, property.writable, property.configurable],
  };
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
