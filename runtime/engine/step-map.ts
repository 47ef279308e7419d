/** `step.map`: one child call per item, at most so many at a time. */
import { SafeMap } from "../codec/index.ts";
import type { Wait } from "./activation.ts";
import { runIn } from "./ambient.ts";
import { ElementWaiter } from "./combinations.ts";
import type { Handle, HandleImage, Maker } from "./handle.ts";
import type { Outcome } from "./outcome.ts";
import { hearOrdinary, inJob } from "./thenables.ts";

type MapCallback = (item: unknown, index: number) => unknown;

/** A child call that was begun and has not settled. */
interface RunningImage {
  readonly index: number;
  readonly on: Handle;
  readonly since?: number;
}

export interface MapImage {
  readonly items: readonly unknown[];
  readonly fn: MapCallback;
  /** Absent: all at once. */
  readonly concurrency?: number;
  /** Index of the first item that was not begun. */
  readonly next: number;
  readonly results: readonly unknown[];
  readonly running: readonly RunningImage[];
}

export class StepMap implements Maker {
  readonly handle: Handle;
  readonly #items: readonly unknown[];
  readonly #fn: MapCallback;
  readonly #concurrency: number;
  readonly #results: unknown[];
  readonly #running = new SafeMap<number, { on: Handle; waiter: ElementWaiter }>();
  #next = 0;
  /** Calls that were begun and have not settled, those in ordinary awaits among them. */
  #open = 0;

  constructor(handle: Handle, items: readonly unknown[], concurrency: number, fn: MapCallback) {
    this.handle = handle;
    this.#items = items;
    this.#fn = fn;
    this.#concurrency = concurrency;
    this.#results = items.map(() => undefined);
    handle.maker = this;
    handle.activation.reactions.add(this);
  }

  /** The map of a stored run, and where its calls are to be registered. */
  static restored(handle: Handle, image: MapImage): Wait[] {
    const { items, fn, concurrency = Number.POSITIVE_INFINITY, next, results, running } = image;
    const map = new StepMap(handle, items, concurrency, fn);
    map.#next = next;
    map.#open = running.length;
    for (const [index, result] of results.entries()) map.#results[index] = result;
    return running.map(({ index, on, since = 0 }) => {
      const waiter = map.#waiterOf(index, on);
      waiter.since = since;
      return { handle: on, waiter };
    });
  }

  /** Begins as many calls as may be in flight. */
  begin(): void {
    while (this.#next < this.#items.length && this.#open < this.#concurrency) {
      if (this.handle.outcome) return;
      this.#call(this.#next++);
    }
    if (this.#open === 0 && this.#next === this.#items.length) this.#settle({ ok: true, value: this.#results });
  }

  stored(): HandleImage {
    const running = [...this.#running].map(([index, { on, waiter }]) => ({
      index,
      on,
      ...(on.shared && { since: waiter.since }),
    }));
    const image: MapImage = {
      items: this.#items,
      fn: this.#fn,
      ...(this.#concurrency !== Number.POSITIVE_INFINITY && { concurrency: this.#concurrency }),
      next: this.#next,
      results: this.#results,
      running,
    };
    return { map: image };
  }

  awaited(): readonly Handle[] {
    if (this.#open > this.#running.size) return [];
    return [...this.#running.values()].map(({ on }) => on).filter((on) => on.outcome === undefined);
  }

  #call(index: number): void {
    const { activation } = this.handle;
    this.#open++;
    let result: unknown;
    try {
      result = runIn(activation, () => this.#fn(this.#items[index], index));
    } catch (error) {
      return inJob(activation, () => this.#ended(index, { ok: false, error }));
    }
    if (activation.owns(result)) activation.wait(result, this.#waiterOf(index, result));
    else hearOrdinary(activation, result, (outcome) => this.#ended(index, outcome));
  }

  #waiterOf(index: number, on: Handle): ElementWaiter {
    const waiter = new ElementWaiter(this.handle.activation, (outcome) => this.#ended(index, outcome));
    this.#running.set(index, { on, waiter });
    return waiter;
  }

  /** After a failure those in flight go on by themselves. */
  #ended(index: number, outcome: Outcome): void {
    this.#running.delete(index);
    this.#open--;
    if (this.handle.outcome) return;
    if (!outcome.ok) return this.#settle(outcome);
    this.#results[index] = outcome.value;
    this.begin();
  }

  #settle(outcome: Outcome): void {
    this.handle.activation.reactions.delete(this);
    this.handle.settle(outcome);
  }
}
