/** How functions are when they are made, so that what their authors changed can be told from it. */
import { NotEncodableError } from "../codec/index.ts";

export interface Natural {
  readonly name: string;
  readonly length: number;
  /** What the function inherits from. */
  readonly parent: unknown;
}

/** Of a function that nobody but the runtime had in hands. */
export function naturalOf(fn: { readonly name: string; readonly length: number }): Natural {
  return { name: fn.name, length: fn.length, parent: Object.getPrototypeOf(fn) };
}

/**
 * The keys of properties that are not as they were, `prototype` aside.
 *
 * @throws NotEncodableError when one is gone: it would come back
 */
export function addedKeys(fn: object, { name, length }: Natural): (string | symbol)[] {
  const keys = Reflect.ownKeys(fn);
  for (const key of ["length", "name"]) {
    if (!keys.includes(key)) {
      throw new NotEncodableError([], `a function without its ${key}, which was deleted, cannot be stored`);
    }
  }
  return keys.filter((key) => {
    if (key === "length") return !isAsMade(fn, key, length);
    return key === "name" ? !isAsMade(fn, key, name) : key !== "prototype";
  });
}

function isAsMade(fn: object, key: string, value: unknown): boolean {
  const property = Object.getOwnPropertyDescriptor(fn, key) as PropertyDescriptor;
  return property.value === value && !property.writable && !property.enumerable && property.configurable === true;
}

export function nameFunction(fn: object, name: string): void {
  Object.defineProperty(fn, "name", { value: name, configurable: true });
}

/** The name of a function that stands under a computed key. */
export function nameOfKey(key: PropertyKey): string {
  if (typeof key !== "symbol") return String(key);
  return key.description === undefined ? "" : `[${key.description}]`;
}
