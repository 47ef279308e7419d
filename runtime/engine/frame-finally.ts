/** The part of `$` for `finally` blocks that suspend: how each was entered, until its code has run. */
import { SafeMap } from "../codec/index.ts";
import type { Untyped } from "../types.ts";
import { FrameLoops } from "./frame-loops.ts";

/** How a block left for its `finally`, which may suspend. */
export interface Completion {
  readonly kind: string;
  readonly value: unknown;
}

/** A `try` with a suspending `finally` that was entered. */
interface Finally {
  readonly labels: readonly string[];
  readonly order: number;
  completion: Completion | undefined;
}

export abstract class FrameFinally extends FrameLoops {
  readonly #finallies = new SafeMap<string, Finally>();
  #consumed: Completion | undefined;
  #lastOrder = 0;

  /** Before the body of a `try` whose `finally` suspends: true when the body is to be skipped. */
  begin(name: string, ...labels: string[]): boolean {
    const order = this.nextOrder();
    if (this.pc !== "") {
      const known = this.#finallies.get(name);
      this.#finallies.set(name, { labels, order, completion: known?.completion });
      return labels.includes(this.pc);
    }
    this.#finallies.set(name, { labels, order, completion: undefined });
    return false;
  }

  exit(name: string, kind: string, value?: unknown): void {
    const entered = this.#finallies.get(name);
    if (entered !== undefined) entered.completion = { kind, value };
  }

  /** How bodies are being left: kept by a `finally` in which other ways out may be overtaken. */
  exits(): ReadonlyMap<string, Completion | undefined> {
    return new SafeMap([...this.#finallies].map(([name, { completion }]) => [name, completion]));
  }

  /** That `finally` has ended: they are left as they were. */
  exitAs(exits: ReadonlyMap<string, Completion | undefined>): void {
    for (const [name, entered] of this.#finallies) entered.completion = exits.get(name);
  }

  /** How the body ended; asked once, after the code of the `finally`. */
  completion(name: string): string {
    this.#consumed = this.#finallies.get(name)?.completion;
    this.#finallies.delete(name);
    return this.#consumed?.kind ?? "next";
  }

  value(_name: string): Untyped {
    const value = this.#consumed?.value;
    this.#consumed = undefined;
    return value;
  }

  /** A label is left in a new way: what was recorded in bodies around it was overtaken. */
  protected overtake(label: string): void {
    for (const entered of this.#finallies.values()) {
      if (!entered.labels.includes(label)) entered.completion = undefined;
    }
  }

  /** How the body ended, while the code of the `finally` runs. */
  protected pending(name: string): Completion | undefined {
    return this.#finallies.get(name)?.completion;
  }

  /** Completions of the `finally` blocks around a label. */
  protected completionsAt(label: string): [name: string, completion: Completion][] {
    const open: [string, Completion][] = [];
    for (const [name, { labels, completion }] of this.#finallies) {
      if (completion !== undefined && labels.includes(label)) open.push([name, completion]);
    }
    return open;
  }

  protected restoreCompletions(label: string, completions: readonly [string, Completion][]): void {
    for (const [name, completion] of completions) {
      this.#finallies.set(name, { labels: [label], order: this.nextOrder(), completion });
    }
  }

  /** Grows with each handler that is entered: of two at one place, the inner one has the greater. */
  protected nextOrder(): number {
    return ++this.#lastOrder;
  }

  /** What is to be thrown behind the `finally` blocks around a label. */
  protected thrownAround(label: string): { readonly error: unknown; readonly order: number }[] {
    const thrown = [...this.#finallies.values()].filter(
      ({ labels, completion }) => completion?.kind === "throw" && labels.includes(label),
    );
    return thrown.map(({ completion, order }) => ({ error: completion?.value, order }));
  }
}
