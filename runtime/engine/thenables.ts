/** Ordinary promises, and what else `await` takes for one. */
import { types } from "node:util";
import type { Activation } from "./activation.ts";
import type { Outcome } from "./outcome.ts";

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Whether awaiting a value may take long. It is not asked for anything: its `then` may be a getter, read only once. */
export function isThenable(value: unknown): value is object {
  return isObject(value) && holderOf(value, "then") !== null;
}

/** As `isThenable`, but for what hides behind a proxy. */
export function isOpenThenable(value: unknown): value is object {
  if (!isObject(value)) return false;
  const holder = holderOf(value, "then");
  return holder !== null && !types.isProxy(holder);
}

/** The object in a chain of prototypes that has a property, as far as it can be seen: a proxy ends the search. */
function holderOf(value: object, key: string): object | null {
  let at: object | null = value;
  while (at !== null && !types.isProxy(at) && !Object.hasOwn(at, key)) at = Object.getPrototypeOf(at) as object | null;
  return at;
}

/** Does something in the next job. The activation is not parked before. */
export function inJob(activation: Activation, work: () => void): void {
  activation.started();
  queueMicrotask(() => {
    work();
    activation.stopped();
  });
}

/**
 * Hears how a value settles that is no handle, in the job in which an `await` of it would go on. While it is pending the
 * activation is not parked.
 */
export function hearOrdinary(activation: Activation, value: unknown, use: (outcome: Outcome) => void): void {
  if (!isThenable(value)) return inJob(activation, () => use({ ok: true, value }));
  activation.started();
  activation.wentOutside("a promise");
  outcomeOf(value, (outcome) => {
    activation.cameBack("a promise");
    use(outcome);
    activation.stopped();
  });
}

/** What comes of a value with which a promise is resolved. */
export interface Resolution {
  /** A thenable was resolved with this value, which may be one itself. */
  resolve(value: unknown): void;
  settle(outcome: Outcome): void;
}

/**
 * As a promise does that is resolved with a value: it asks a thenable for its `then` at once, and calls this in the next
 * job. While it is pending the activation is not parked.
 */
export function followOrdinary(activation: Activation, value: unknown, { resolve, settle }: Resolution): void {
  let then: unknown;
  try {
    then = isObject(value) ? (value as { readonly then?: unknown }).then : undefined;
  } catch (error) {
    return settle({ ok: false, error });
  }
  if (typeof then !== "function") return settle({ ok: true, value });
  const method = then;
  activation.started();
  activation.wentOutside("a promise");
  let isOver = false;
  const once = (use: (given: unknown) => void) => (given: unknown) => {
    if (isOver) return;
    isOver = true;
    activation.cameBack("a promise");
    use(given);
    activation.stopped();
  };
  const rejected = once((error) => settle({ ok: false, error }));
  const resolved = once(resolve);
  queueMicrotask(() => {
    try {
      Reflect.apply(method, value, [resolved, rejected]);
    } catch (error) {
      rejected(error);
    }
  });
}

/** Tells how an ordinary promise or thenable settles. */
export function outcomeOf(value: object, use: (outcome: Outcome) => void): void {
  promiseOf(value).then(
    (settled) => use({ ok: true, value: settled }),
    (error: unknown) => use({ ok: false, error }),
  );
}

/** As `await` makes it; what goes wrong with that comes as its rejection. */
function promiseOf(value: object): Promise<unknown> {
  try {
    return Promise.resolve(value);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** A promise whose rejection may stay unobserved: of a branch nobody awaits yet. */
export function observed<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}
