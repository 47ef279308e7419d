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
  for (const key of Object.keys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property === undefined || !("value" in property)) {
      throw new NotEncodableError([key], "an accessor (get or set) cannot be stored");
    }
    own[key] = property.value;
  }
  const length: unknown = Object.getOwnPropertyDescriptor(value, "length")?.value;
  if (typeof length !== "number") throw new NotEncodableError(["length"], "it must be a number to be stored");
  return { length, own };
}

export function argumentsOfImage({ length, own }: ArgumentsImage): object {
  const made = makeArguments();
  return Object.assign(made, own, { length });
}
