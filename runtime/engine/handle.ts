/**
 * What a tool or a durable call returns: a promise that survives a crash.
 *
 * Compiled code hands it to `$.at`, which waits for it durably, or calls its promise methods, which make derived
 * handles. To other code it is a promise as any other, which it may follow as long as the run is not parked meanwhile.
 */
import type { Activation } from "./activation.ts";
import { ambientActivation } from "./ambient.ts";
import type { Outcome } from "./outcome.ts";
import { observed } from "./thenables.ts";

/** Who waits for a handle: a frame, a derived handle, a combination, or native code. */
export interface Waiter {
  /** Number of its registration, because waiters go on in their order, also after a reload. */
  since: number;
  resume(outcome: Outcome): void;
}

/** How a handle is stored. Calls and ops are named by their numbers. */
export type HandleImage =
  | { readonly op: number }
  | { readonly call: number }
  | { readonly value: unknown }
  | { readonly error: unknown }
  | { readonly then: object }
  | { readonly combined: object }
  | { readonly map: object }
  /** Never settles: the branch was dropped when the handler ended. */
  | { readonly dropped: true };

/** What will settle a handle. */
export interface Maker {
  /** How its handle is stored until then. */
  stored(): HandleImage;
  /** The unsettled handles without which it cannot settle; empty when it does not wait for handles alone. */
  awaited(): readonly Handle[];
  /** A call whose code is over, which is not known yet. */
  isEnding?(): boolean;
}

export class Handle implements PromiseLike<unknown> {
  /** Set once, when it is delivered. */
  outcome: Outcome | undefined;
  maker: Maker | undefined;
  /** What was called, for messages: `step.run("charge")`. */
  readonly what: string;
  readonly activation: Activation;
  #waiter: Waiter | undefined;
  #moreWaiters: Waiter[] | undefined;
  #native: Promise<unknown> | undefined;

  constructor(what: string, activation: Activation, outcome?: Outcome) {
    this.what = what;
    this.activation = activation;
    this.outcome = outcome;
  }

  /** Several wait for it, so that their order matters. */
  get shared(): boolean {
    return this.#moreWaiters !== undefined;
  }

  /** Only for handles that are not settled. */
  addWaiter(waiter: Waiter): void {
    if (this.#waiter === undefined) {
      this.#waiter = waiter;
      return;
    }
    this.#moreWaiters ??= [];
    this.#moreWaiters.push(waiter);
  }

  /** Delivers: whoever waits goes on. */
  settle(outcome: Outcome): void {
    this.outcome = outcome;
    this.maker = undefined;
    const [first, more] = [this.#waiter, this.#moreWaiters];
    this.#waiter = undefined;
    this.#moreWaiters = undefined;
    first?.resume(outcome);
    for (const waiter of more ?? []) waiter.resume(outcome);
  }

  // biome-ignore lint/suspicious/noThenProperty: a handle is a promise
  then(onFulfilled?: unknown, onRejected?: unknown): PromiseLike<never> {
    if (ambientActivation() !== this.activation) return this.#followed("then", [onFulfilled, onRejected]);
    return this.activation.derive(this, "then", {
      ok: callable(onFulfilled),
      failed: callable(onRejected),
    }) as PromiseLike<never>;
  }

  /** Without an argument it ignores the failure. */
  catch(...args: unknown[]): PromiseLike<unknown> {
    const ignores = args.length === 0;
    if (ambientActivation() !== this.activation) return this.#followed("catch", ignores ? [() => {}] : args);
    return this.activation.derive(this, "catch", ignores ? { ignores } : { failed: callable(args[0]) });
  }

  finally(onFinally?: unknown): PromiseLike<unknown> {
    if (ambientActivation() !== this.activation) return this.#followed("finally", [onFinally]);
    return this.activation.derive(this, "finally", { always: callable(onFinally) });
  }

  get [Symbol.toStringTag](): string {
    return "Handle";
  }

  /** For code that is not compiled: a real promise. */
  #followed(method: "then" | "catch" | "finally", args: readonly unknown[]): Promise<never> {
    this.#native ??= observed(
      new Promise((resolve, reject) => {
        const resume = (outcome: Outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.error));
        if (this.outcome) resume(this.outcome);
        else this.activation.followedNatively(this, resume);
      }),
    );
    return observed(Reflect.apply(Promise.prototype[method], this.#native, args));
  }
}

// Authors' types say that it is a promise, and so does `instanceof`.
Object.setPrototypeOf(Handle.prototype, Promise.prototype);

/** A handle that a function returned without awaiting it: the call settles as the handle does. */
export class ReturnedHandle {
  readonly handle: Handle;

  constructor(handle: Handle) {
    this.handle = handle;
  }
}

function callable(callback: unknown): ((value?: unknown) => unknown) | undefined {
  return typeof callback === "function" ? (callback as () => unknown) : undefined;
}
