/**
 * What a tool or a durable call returns: a promise that survives a crash.
 *
 * Compiled code hands it to `$.at`, which waits for it durably, or calls its promise methods, which make derived
 * handles. To other code it is a promise as any other, which it may follow as long as the run is not parked meanwhile.
 */
import type { Activation } from "./activation.ts";
import { ambientActivation } from "./ambient.ts";
import { isCancellation } from "./causes.ts";
import type { Frame } from "./frame.ts";
import type { Outcome } from "./outcome.ts";
import { observed } from "./thenables.ts";

/** Who waits for a handle: a frame, a derived handle or a combination. */
export interface Waiter {
  /** Number of its registration, because waiters go on in their order, also after a reload. */
  since: number;
  /** Called in a job of its own. From when the handle is settled the waiter counts as running; it says when it stops. */
  resume(outcome: Outcome): void;
}

/** How a handle is stored. Calls and ops are named by their numbers. `promise`: see `Handle.isPromise`. */
export type HandleImage =
  | { readonly op: number }
  | { readonly call: number }
  | { readonly value: unknown; readonly promise?: true }
  | { readonly error: unknown; readonly promise?: true }
  | { readonly then: object; readonly promise?: true }
  | { readonly combined: object }
  | { readonly map: object }
  /** Code of the run settles it. */
  | { readonly deferred: true }
  /** Never settles: the branch was dropped when the handler ended. */
  | { readonly dropped: true };

/** What will settle a handle. */
export interface Maker {
  /** How its handle is stored until then. */
  stored(): HandleImage;
  /** The unsettled handles without which it cannot settle; empty when it does not wait for handles alone. */
  awaited(): readonly Handle[];
  /** Code of the run settles its handle, whether it is parked or not. */
  readonly isOfCode?: boolean;
}

/** All of its state is hidden: to the author's code it is an object without properties, which may be frozen. */
export class Handle implements PromiseLike<unknown> {
  #outcome: Outcome | undefined;
  #maker: Maker | undefined;
  readonly #what: string;
  readonly #activation: Activation;
  #isPromise = false;
  /** Those that have not heard, attached or not. */
  #waiters = 0;
  #promise: Promise<unknown> | undefined;
  #settlers: Settlers | undefined;

  constructor(what: string, activation: Activation, outcome?: Outcome) {
    this.#what = what;
    this.#activation = activation;
    this.#outcome = outcome;
  }

  /** Set once, when it is delivered. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  set outcome(outcome: Outcome | undefined) {
    this.#outcome = outcome;
  }

  get maker(): Maker | undefined {
    return this.#maker;
  }

  set maker(maker: Maker | undefined) {
    this.#maker = maker;
  }

  /** What was called, for messages: `step.run("charge")`. */
  get what(): string {
    return this.#what;
  }

  get activation(): Activation {
    return this.#activation;
  }

  /** A promise in the eyes of its author, not what a tool gave: `.catch()` without an argument passes the failure on. */
  get isPromise(): boolean {
    return this.#isPromise;
  }

  set isPromise(isPromise: boolean) {
    this.#isPromise = isPromise;
  }

  /** As `instanceof`, which would run traps of a proxy. */
  static is(value: object): value is Handle {
    return #waiters in value;
  }

  /** Several wait for it, so that their order matters. */
  get shared(): boolean {
    return this.#waiters > 1;
  }

  /**
   * What the language settles with the handle. Waiters are its reactions, and code that awaits the handle awaits it, so
   * that between two deliveries everything happens in the jobs, and in the order, of a native run.
   */
  get promise(): Promise<unknown> {
    this.#promise ??= this.outcome
      ? settledPromise(this.outcome)
      : new Promise((...settlers) => this.#settleWith(settlers));
    return this.#promise;
  }

  /** The handle of a call: it is settled once `body` is, in the first reaction to it. */
  follow(body: Promise<unknown>): void {
    this.#promise = body;
  }

  addWaiter(waiter: Waiter): void {
    this.countWaiter();
    this.attach(waiter);
  }

  /** There will be one more waiter: of a loaded run, whose waiters are attached when it is entered. */
  countWaiter(): void {
    if (this.outcome) this.activation.started();
    else this.#waiters++;
  }

  attach(waiter: Waiter): void {
    const hear = () => waiter.resume(this.outcome as Outcome);
    void this.promise.then(hear, hear);
  }

  /** Delivers: whoever waits goes on, each in its job. */
  settle(outcome: Outcome): void {
    this.#outcome = outcome;
    this.#maker = undefined;
    for (; this.#waiters > 0; this.#waiters--) this.activation.started();
    if (this.#settlers === undefined) return;
    const [resolve, reject] = this.#settlers;
    if (outcome.ok) return resolve(outcome.value);
    void observed(this.promise);
    reject(outcome.error);
  }

  #settleWith(settlers: Settlers): void {
    this.#settlers = settlers;
  }

  // biome-ignore lint/suspicious/noThenProperty: a handle is a promise
  then(onFulfilled?: unknown, onRejected?: unknown): PromiseLike<never> {
    if (ambientActivation() !== this.activation) return this.#followed("then", [onFulfilled, onRejected]);
    return this.activation.derive(this, "then", {
      ok: callable(onFulfilled),
      failed: callable(onRejected),
    }) as PromiseLike<never>;
  }

  /** Without an argument it ignores the failure of a tool, but not cancellation. */
  catch(...args: unknown[]): PromiseLike<unknown> {
    const ignores = args.length === 0 && !this.#isPromise;
    if (ambientActivation() !== this.activation) return this.#followed("catch", ignores ? [ignore] : args);
    return this.activation.derive(this, "catch", ignores ? { ignores } : { failed: callable(args[0]) });
  }

  /** Registers what undoes the work when the function fails or is cancelled. */
  rollback(undo: unknown): PromiseLike<unknown> {
    const { activation } = this;
    if (ambientActivation() !== activation) activation.usedOutsideCompiledCode(`the \`rollback\` of ${this.what}`);
    else if (typeof undo === "function") activation.rollbacks.register(this, undo as (output: unknown) => unknown);
    else throw new TypeError(`The \`rollback\` of ${this.what} needs a function, not ${typeof undo}`);
    return this;
  }

  finally(onFinally?: unknown): PromiseLike<unknown> {
    if (ambientActivation() !== this.activation) return this.#followed("finally", [onFinally]);
    return this.activation.derive(this, "finally", { always: callable(onFinally) });
  }

  /** For code that waits for it as for any promise: nothing of that can be stored. */
  followed(): Promise<unknown> {
    if (this.outcome === undefined && !this.maker?.isOfCode) this.activation.followedNatively(this);
    return this.promise;
  }

  /** For code that is not compiled: a real promise. */
  #followed(method: "then" | "catch" | "finally", args: readonly unknown[]): Promise<never> {
    return observed(Reflect.apply(Promise.prototype[method], this.followed(), args));
  }
}

/** The handle of what the language itself would make. */
export function promiseOf(what: string, activation: Activation, outcome?: Outcome): Handle {
  const handle = new Handle(what, activation, outcome);
  handle.isPromise = true;
  return handle;
}

type Settlers = [resolve: (value: unknown) => void, reject: (error: unknown) => void];

function settledPromise(outcome: Outcome): Promise<unknown> {
  return outcome.ok ? Promise.resolve(outcome.value) : observed(Promise.reject(outcome.error));
}

// Authors' types say that it is a promise, and so do `instanceof`, its `constructor` and its name.
Object.setPrototypeOf(Handle.prototype, Promise.prototype);
Reflect.deleteProperty(Handle.prototype, "constructor");

/**
 * A handle that a function returns without awaiting it: the call settles as the handle does. The language takes it for a
 * promise and asks it for its outcome, once the code has ended.
 */
export class ReturnedHandle {
  readonly handle: Handle;
  readonly #frame: Frame;

  constructor(handle: Handle, frame: Frame) {
    this.handle = handle;
    this.#frame = frame;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is one
  then(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    this.#frame.returned(this.handle, resolve, reject);
  }
}

function ignore(error: unknown): void {
  if (isCancellation(error)) throw error;
}

function callable(callback: unknown): ((value?: unknown) => unknown) | undefined {
  return typeof callback === "function" ? (callback as () => unknown) : undefined;
}
