/**
 * Attempts that other processes make: those of steps that are ready beside something else, where whoever hosts the run spreads
 * them. They begin with the commit that says so, and what comes of them is handed to a later drive of the run.
 */
import { SafeMap } from "../codec/index.ts";
import type { Commit } from "../store.ts";
import type { Activation } from "./activation.ts";
import type { Spread } from "./contract.ts";
import { leavesFrame } from "./leaves-frame.ts";
import type { Op } from "./ops.ts";

/** Each attempt is sent the frame, which grows with the ops of the run: of a run with more, none goes elsewhere. */
const mostOps = 100;

export class Elsewhere {
  readonly #isOn: boolean;
  /** Attempts under way, by their ops. */
  readonly #running = new SafeMap<number, number>();

  constructor(spread: Spread | undefined) {
    this.#isOn = spread !== undefined;
    for (const { op, attempt } of spread?.running ?? []) this.#running.set(op, attempt);
    for (const { op, attempt } of spread?.ended ?? []) this.#running.set(op, attempt);
  }

  /** Ops of a loaded run whose attempts are under way are not begun again. */
  loaded({ ops }: Activation): void {
    for (const op of ops.values()) if (this.#running.get(op.number) === op.attempt) op.running = true;
  }

  /** The attempts that the next commit begins, of ops that may start: their callbacks only read, so that nothing is lost. */
  begins(ops: ReadonlyMap<number, Op>, mayStart: (op: Op) => boolean): Pick<Commit, "elsewhere"> {
    const begun = this.#able(ops, mayStart);
    for (const op of begun) {
      op.running = true;
      this.#running.set(op.number, op.attempt);
    }
    return begun.length === 0 ? {} : { elsewhere: begun.map(({ number: op, attempt }) => ({ op, attempt })) };
  }

  /** Whether some are to begin that no commit has begun. */
  lacks(ops: ReadonlyMap<number, Op>, mayStart: (op: Op) => boolean): boolean {
    return this.#able(ops, mayStart).length > 0;
  }

  ended(op: number): void {
    this.#running.delete(op);
  }

  #able(ops: ReadonlyMap<number, Op>, mayStart: (op: Op) => boolean): Op[] {
    if (!this.#isOn || ops.size < 2 || ops.size > mostOps) return [];
    return [...ops.values()].filter((op) => mayStart(op) && leavesFrame(op));
  }
}
