/** Steps of generators of the language, by its methods as they are before anyone replaces them. */

export type Method = "next" | "return" | "throw";

const methods: Pick<Generator, Method> = Object.getPrototypeOf(function* () {}).prototype;
export const nativeMethods = { next: methods.next, return: methods.return, throw: methods.throw };

const asyncMethods: Pick<AsyncGenerator, Method> = Object.getPrototypeOf(async function* () {}).prototype;
const nativeAsyncMethods = { next: asyncMethods.next, return: asyncMethods.return, throw: asyncMethods.throw };

export function asyncStepOf(
  generator: AsyncGenerator,
  method: Method,
  value?: unknown,
): Promise<IteratorResult<unknown>> {
  const step = nativeAsyncMethods[method] as (value: unknown) => Promise<IteratorResult<unknown>>;
  return Reflect.apply(step, generator, [value]);
}

export function stepOf(generator: Generator, method: Method, value?: unknown): IteratorResult<unknown> {
  return Reflect.apply(nativeMethods[method] as (value: unknown) => IteratorResult<unknown>, generator, [value]);
}
