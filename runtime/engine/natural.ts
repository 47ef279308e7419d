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
  const added: (string | symbol)[] = [];
  let known = 0;
  for (const key of Reflect.ownKeys(fn)) {
    if (key === "prototype") continue;
    const isKnown = key === "length" || key === "name";
    if (isKnown) known++;
    if (!isKnown || !isAsMade(fn, key, key === "name" ? name : length)) added.push(key);
  }
  if (known < 2) {
    throw new NotEncodableError([], "a function whose name or length was deleted cannot be stored");
  }
  return added;
}

function isAsMade(fn: object, key: string, value: string | number): boolean {
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
