/** Ordinary promises, and what else `await` takes for one. */
import { types } from "node:util";
import type { Activation } from "./activation.ts";
import type { Outcome } from "./outcome.ts";

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** How an ordinary value settles when it is awaited; undefined when it is no promise and there is nothing to wait for. */
export function outcomeOf(value: unknown): Promise<Outcome> | undefined {
  if (!isObject(value)) return undefined;
  try {
    if (types.isPromise(value)) return settled(Promise.resolve(value));
    // Read once, as the language does: it may be a getter.
    const { then } = value as { then?: unknown };
    if (typeof then !== "function") return undefined;
    return settled(
      new Promise((resolve, reject) => {
        queueMicrotask(() => {
          try {
            Reflect.apply(then, value, [resolve, reject]);
          } catch (error) {
            reject(error);
          }
        });
      }),
    );
  } catch (error) {
    return Promise.resolve({ ok: false, error });
  }
}

function settled(promise: Promise<unknown>): Promise<Outcome> {
  return promise.then(
    (value): Outcome => ({ ok: true, value }),
    (error: unknown): Outcome => ({ ok: false, error }),
  );
}

/** While an ordinary promise is pending the activation is not parked. `use` runs before it may be again. */
export function bracketed(activation: Activation, pending: Promise<Outcome>, use: (outcome: Outcome) => void): void {
  activation.started();
  activation.wentOutside();
  void pending.then((outcome) => {
    activation.cameBack();
    use(outcome);
    activation.stopped();
  });
}

/** A promise whose rejection may stay unobserved: of a branch nobody awaits yet. */
export function observed<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}
