/**
 * What `step.run(…).rollback(fn)` registered: when the handler has failed or was cancelled, each `fn` of a step that
 * succeeded is called with its output, the last one first, one at a time. They are durable code as any other.
 */
import type { Activation, Wait } from "./activation.ts";
import { runIn } from "./ambient.ts";
import { ElementWaiter } from "./combinations.ts";
import type { Handle } from "./handle.ts";
import type { Outcome } from "./outcome.ts";
import { hearOrdinary } from "./thenables.ts";

/** Gets the output of its step. */
type Undo = (output: unknown) => unknown;

interface Registered {
  readonly on: Handle;
  readonly undo: Undo;
}

export interface RollbacksImage {
  /** Those that did not run, in the order of their registration. */
  readonly registered: readonly Registered[];
  /** What the one that runs has given. */
  readonly current?: Handle;
  readonly failures?: readonly unknown[];
}

export class Rollbacks {
  readonly #activation: Activation;
  #registered: Registered[] = [];
  #current: Handle | undefined;
  /** One runs, whatever it awaits. */
  #running = false;
  /** What went wrong, in its order. */
  failures: unknown[] = [];

  constructor(activation: Activation) {
    this.#activation = activation;
  }

  get running(): boolean {
    return this.#running;
  }

  /** What the one that runs waits for. */
  get current(): Handle | undefined {
    return this.#current;
  }

  register(on: Handle, undo: Undo): void {
    this.#registered.push({ on, undo });
  }

  /** Calls the next one. False when there is none. */
  next(): boolean {
    for (let entry = this.#registered.pop(); entry; entry = this.#registered.pop()) {
      const { outcome } = entry.on;
      if (!outcome?.ok) continue;
      this.#running = true;
      this.#call(entry.undo, outcome.value);
      return true;
    }
    return false;
  }

  stored(): RollbacksImage | undefined {
    if (this.#registered.length === 0 && !this.#running && this.failures.length === 0) return undefined;
    return {
      registered: this.#registered,
      ...(this.#current && { current: this.#current }),
      ...(this.failures.length > 0 && { failures: this.failures }),
    };
  }

  /** Of a stored run; gives what is to be waited for. */
  restore({ registered, current, failures = [] }: RollbacksImage): Wait[] {
    this.#registered = [...registered];
    this.failures = [...failures];
    if (current === undefined) return [];
    this.#running = true;
    this.#current = current;
    return [{ handle: current, waiter: this.#waiter() }];
  }

  #call(undo: Undo, output: unknown): void {
    const activation = this.#activation;
    let result: unknown;
    try {
      result = runIn(activation, () => undo(output));
    } catch (error) {
      return this.#ended({ ok: false, error });
    }
    if (!activation.owns(result)) return hearOrdinary(activation, result, (outcome) => this.#ended(outcome));
    this.#current = result;
    activation.wait(result, this.#waiter());
  }

  #waiter(): ElementWaiter {
    return new ElementWaiter(this.#activation, (outcome) => this.#ended(outcome));
  }

  #ended(outcome: Outcome): void {
    this.#current = undefined;
    this.#running = false;
    if (!outcome.ok) this.failures.push(outcome.error);
    this.#activation.owner.ring();
  }
}
