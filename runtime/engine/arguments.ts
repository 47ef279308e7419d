/** The `arguments` of a compiled call. They are of strict code: their elements are not tied to parameters. */
import { NotEncodableError } from "../codec/index.ts";

export interface ArgumentsImage {
  readonly length: number;
  /** By index or name. */
  readonly own: Readonly<Record<string, unknown>>;
}

export const makeArguments = function (this: unknown): object {
  // biome-ignore lint/complexity/noArguments: this is what the author's `arguments` becomes
  return arguments;
} as (...args: readonly unknown[]) => object;

/** The parts of an arguments object. Authors seldom change more than its elements; what else they did is refused. */
export function argumentsImage(value: object): ArgumentsImage {
  const own: Record<string, unknown> = {};
  let isChanged = !Object.isExtensible(value) || Object.getPrototypeOf(value) !== Object.prototype;
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key) as PropertyDescriptor;
    const isOrdinary = property.writable === true && property.enumerable === true && property.configurable === true;
    if (typeof key === "string" && key !== "length" && isOrdinary) own[key] = property.value;
    else isChanged ||= !isBuiltIn(key, property);
  }
  const length: unknown = Object.getOwnPropertyDescriptor(value, "length")?.value;
  if (isChanged || typeof length !== "number" || !Object.hasOwn(value, Symbol.iterator)) {
    throw new NotEncodableError([], "an arguments object whose own properties were changed cannot be stored, copy it");
  }
  return { length, own };
}

const builtIn = Object.getOwnPropertyDescriptors(makeArguments()) as Record<PropertyKey, PropertyDescriptor>;

/** A property that is as every arguments object has it, but for how long it is. */
function isBuiltIn(
  key: string | symbol,
  { value, get, writable, enumerable, configurable }: PropertyDescriptor,
): boolean {
  const before = Object.hasOwn(builtIn, key) ? builtIn[key] : undefined;
  if (before === undefined) return false;
  const isSame =
    writable === before.writable && enumerable === before.enumerable && configurable === before.configurable;
  return isSame && get === before.get && (key === "length" || value === before.value);
}

export function argumentsOfImage({ length, own }: ArgumentsImage): object {
  const made = makeArguments();
  return Object.assign(made, own, { length });
}
