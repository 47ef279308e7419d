/** What a turn carries until it is committed. */
import type { Commit, Mail, StepRecord } from "../store.ts";
import type { ActivationOwner } from "./activation.ts";
import { encodeActivation } from "./image.ts";
import type { Op } from "./ops.ts";
import { decodeActivation } from "./read-image.ts";

/** What was delivered since the last commit. */
export class Turn {
  /** Something was delivered or begun, so that a park is to be committed. */
  open = false;
  /** The frame with the delivered outcome in it, before any code saw it: the pre-image. */
  before: string | undefined;
  #steps: StepRecord[] = [];
  #read: number[] = [];
  #unwait: number[] = [];

  /** There is something that must not be lost. */
  get hasRecords(): boolean {
    return this.#steps.length > 0;
  }

  record(step: StepRecord): void {
    this.#steps.push(step);
  }

  consume(mail: Mail): void {
    this.#read.push(mail.seq);
  }

  waitsNoMore(op: Op): void {
    this.#unwait.push(op.number);
  }

  /** What the next commit writes; gone from here. */
  take(): Pick<Commit, "steps" | "read" | "unwait"> {
    const taken = {
      steps: this.#steps,
      ...(this.#read.length > 0 && { read: this.#read }),
      ...(this.#unwait.length > 0 && { unwait: this.#unwait }),
    };
    this.#steps = [];
    if (this.#read.length > 0) this.#read = [];
    if (this.#unwait.length > 0) this.#unwait = [];
    return taken;
  }

  /** Parked and committed. */
  close(): Pick<Commit, "steps" | "read" | "unwait"> {
    this.open = false;
    this.before = undefined;
    return this.take();
  }
}

/** A stored frame with an op as it is now. */
export function withOp(text: string, op: Op, owner: ActivationOwner): string {
  const activation = decodeActivation(text, owner);
  const stored = activation.ops.get(op.number);
  if (stored) Object.assign(stored, { outcome: op.outcome, attempt: op.attempt, dueAt: op.dueAt });
  return encodeActivation(activation);
}
