/** Resources of `using` and `await using`, as the language and TypeScript's helpers for older ones understand them. */
import { isObject } from "./thenables.ts";

/** A resource that waits to be disposed of. It is stored as it is. */
export interface Resource {
  readonly value?: unknown;
  /** The method as it was when the resource was declared; absent for one that is null, whose end is awaited only. */
  readonly dispose?: () => unknown;
  readonly isAwaited?: true;
  /** `await using` of a resource that only knows `Symbol.dispose`: what that returns is not awaited. */
  readonly isSync?: true;
}

/** @throws TypeError when the value cannot be disposed of */
export function resourceOf(value: unknown, isAwaited: boolean): Resource | undefined {
  if (value === null || value === undefined) return isAwaited ? { isAwaited } : undefined;
  if (!isObject(value)) throw new TypeError("Object expected.");
  if (!isAwaited) return { value, dispose: requireMethod(methodOf(value, "dispose")) };
  const dispose = methodOf(value, "asyncDispose");
  if (dispose !== undefined) return { value, dispose: requireMethod(dispose), isAwaited };
  return { value, dispose: requireMethod(methodOf(value, "dispose")), isAwaited, isSync: true };
}

/** Disposes of a resource; gives what is to be awaited if it is one of `await using`. */
export function disposeOf({ value, dispose, isSync }: Resource): unknown {
  if (!dispose) return undefined;
  if (!isSync) return Reflect.apply(dispose, value, []);
  try {
    Reflect.apply(dispose, value, []);
    return undefined;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** An error of a resource that is disposed of because of another error. */
export function suppressing(error: unknown, suppressed: unknown): Error {
  const message = "An error was suppressed during disposal.";
  const { SuppressedError } = language;
  if (SuppressedError) return new SuppressedError(error, suppressed, message);
  return Object.assign(new Error(message), { name: "SuppressedError", error, suppressed });
}

/** Whether an error is of the class that newer versions of the language have. */
export function isSuppressedError(error: Error): boolean {
  return language.SuppressedError !== undefined && error instanceof language.SuppressedError;
}

const language = globalThis as {
  readonly SuppressedError?: new (error: unknown, suppressed: unknown, message: string) => Error;
};

function methodOf(value: object, name: "dispose" | "asyncDispose"): unknown {
  const symbol = Symbol[name] as symbol | undefined;
  if (symbol === undefined) throw new TypeError(`Symbol.${name} is not defined.`);
  return (value as Record<symbol, unknown>)[symbol] ?? undefined;
}

function requireMethod(method: unknown): () => unknown {
  if (typeof method !== "function") throw new TypeError("Object not disposable.");
  return method as () => unknown;
}
