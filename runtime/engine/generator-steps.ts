/** Steps of generators of the language, by its methods as they are before anyone replaces them. */

export type Method = "next" | "return" | "throw";

const methods: Pick<Generator, Method> = Object.getPrototypeOf(function* () {}).prototype;
export const nativeMethods = { next: methods.next, return: methods.return, throw: methods.throw };

export function stepOf(generator: Generator, method: Method, value?: unknown): IteratorResult<unknown> {
  return Reflect.apply(nativeMethods[method] as (value: unknown) => IteratorResult<unknown>, generator, [value]);
}
