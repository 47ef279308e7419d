/** Steps and sleeps of a run, from their creation until their outcome is delivered. */
import type { Handle, HandleImage, Maker } from "./handle.ts";
import type { Outcome } from "./outcome.ts";

export type OpKind = "step" | "sleep";

/** A step or a sleep that has not been delivered. Owned by its activation; the driver moves it on. */
export interface Op {
  /** From 1, never used twice in a run. */
  readonly number: number;
  readonly id: string;
  readonly kind: OpKind;
  readonly handle: Handle;
  /** The step's callback. A sleep has none. */
  readonly callback: ((...input: unknown[]) => unknown) | undefined;
  readonly input: readonly unknown[];
  /** Attempt that runs or comes next, from 0. */
  attempt: number;
  /** When the next attempt may begin, or when the sleep is over: milliseconds since the epoch. 0 is at once. */
  dueAt: number;
  /** Ended but not delivered. */
  outcome: Outcome | undefined;
  /** Its attempt is running in this process. Not stored. */
  running: boolean;
}

/** Whether an op is to begin, or its timer to go off. */
export function isDue(op: Op, now: number): boolean {
  return !op.running && op.outcome === undefined && op.dueAt <= now;
}

/** An op as what settles its handle. */
export class OpMaker implements Maker {
  readonly #number: number;

  constructor(number: number) {
    this.#number = number;
  }

  stored(): HandleImage {
    return { op: this.#number };
  }

  awaited(): readonly Handle[] {
    return [];
  }
}
