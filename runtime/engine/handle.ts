/**
 * What a tool or a durable call returns to compiled code.
 *
 * Compiled code hands it to `$.at`, which waits for it durably. Its promise methods exist because authors' types and
 * native code see a promise; whoever calls them was not compiled, and what hangs on them could not survive a reload.
 */
import type { Outcome } from "./outcome.ts";

/** Who waits for a handle: a frame. */
export interface Waiter {
  resume(outcome: Outcome): void;
}

/** Told when a handle is used like a promise. */
export interface MisuseListener {
  usedOutsideCompiledCode(what: string): void;
}

export class Handle implements PromiseLike<unknown> {
  /** Set once, when it is delivered. */
  outcome: Outcome | undefined;
  /** What was called, for messages: `step.run("charge")`. */
  readonly what: string;
  readonly #listener: MisuseListener;
  #waiter: Waiter | undefined;
  #moreWaiters: Waiter[] | undefined;

  constructor(what: string, listener: MisuseListener, outcome?: Outcome) {
    this.what = what;
    this.#listener = listener;
    this.outcome = outcome;
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
    const [first, more] = [this.#waiter, this.#moreWaiters];
    this.#waiter = undefined;
    this.#moreWaiters = undefined;
    first?.resume(outcome);
    for (const waiter of more ?? []) waiter.resume(outcome);
  }

  // biome-ignore lint/suspicious/noThenProperty: a handle is a promise to native code
  then(): Promise<never> {
    return this.#misused("then");
  }

  catch(): Promise<never> {
    return this.#misused("catch");
  }

  finally(): Promise<never> {
    return this.#misused("finally");
  }

  get [Symbol.toStringTag](): string {
    return "Handle";
  }

  #misused(method: string): Promise<never> {
    this.#listener.usedOutsideCompiledCode(`the \`${method}\` of ${this.what}`);
    return new Promise(() => {});
  }
}

/** A handle that a function returned without awaiting it: the call settles as the handle does. */
export class ReturnedHandle {
  readonly handle: Handle;

  constructor(handle: Handle) {
    this.handle = handle;
  }
}
