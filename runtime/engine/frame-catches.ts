/**
 * The part of `$` for `catch` blocks that suspend: what each caught, until its code has run. When something fails that
 * such code waits for, the error is noted to have come while that was handled.
 *
 *   catch (err) { $.caught("catch", err, "undo"); await $.at("undo", () => step.run("undo", …)); }
 */
import { SafeMap } from "../codec/index.ts";
import { CallFrame } from "./call-frame.ts";

/** What a `catch` caught that was entered. */
interface Caught {
  readonly labels: readonly string[];
  readonly error: unknown;
  readonly order: number;
}

export abstract class FrameCatches extends CallFrame {
  readonly #catches = new SafeMap<string, Caught>();

  /** The first act of a `catch` that suspends. Re-entering, what it caught is known, and `error` is a placeholder. */
  caught(name: string, error: unknown, ...labels: string[]): void {
    const order = this.nextOrder();
    if (this.pc === "") this.#catches.set(name, { labels, error, order });
    const known = this.#catches.get(name);
    if (known) this.#catches.set(name, { labels, error: known.error, order });
  }

  /** What the `catch` blocks around a label caught, by their names. */
  protected caughtAt(label: string): [name: string, error: unknown][] {
    const open: [string, unknown][] = [];
    for (const [name, { labels, error }] of this.#catches) if (labels.includes(label)) open.push([name, error]);
    return open;
  }

  protected restoreCaught(label: string, caught: readonly (readonly [string, unknown])[]): void {
    for (const [name, error] of caught) this.#catches.set(name, { labels: [label], error, order: this.nextOrder() });
  }

  /** What code at a label handles: what `catch` caught, and what waits to be thrown behind a `finally`. The innermost first. */
  protected handledAt(label: string): unknown[] {
    const caught = [...this.#catches.values()].filter(({ labels }) => labels.includes(label));
    const pending = this.thrownAround(label);
    return [...caught, ...pending].sort((one, other) => other.order - one.order).map(({ error }) => error);
  }
}
