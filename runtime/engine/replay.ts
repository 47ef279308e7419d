/**
 * Runs that go on from a step of another run.
 *
 * Frames of the past are not kept, so the code runs from its beginning: what is recorded of the ops before the step is
 * delivered, in the order in which it was, and nothing of it is executed again. Ops are found by their numbers, and must
 * be what was recorded: code between steps that takes another way blocks the run, before anything is executed.
 */
import { decode, SafeMap } from "../codec/index.ts";
import { CancelledError, StepError } from "../errors.ts";
import { BackstitchError } from "../faults.ts";
import { type SlotEdit, withSlots } from "../run-state.ts";
import type { Claim, Origin, RecordedOutcome } from "../store.ts";
import type { Activation } from "./activation.ts";
import type { DriverHost } from "./contract.ts";
import { isTried, type Op } from "./ops.ts";
import type { Outcome } from "./outcome.ts";
import type { Settling } from "./settling.ts";

/** How a run goes on from an op of another one. */
export interface Plan {
  /** It was given the frame of the other run, with these ops under way. */
  readonly parted?: readonly number[];
  /** What the op is. */
  readonly step?: { readonly id: string; readonly kind: string };
  /** Arguments of its callback in place of its own. */
  readonly input?: readonly unknown[];
  /** Variables to set where it is waited for. */
  readonly slots?: readonly SlotEdit[];
}

export function planOf({ plan }: Origin): Plan {
  return plan === undefined ? {} : (decode(plan) as Plan);
}

export class Replay {
  readonly #run: string;
  readonly #origin: Origin;
  readonly #until: number;
  readonly #plan: Plan;
  readonly #recorded: NonNullable<DriverHost["recorded"]>;
  /** By op. Undefined for one that is not recorded. */
  readonly #known = new SafeMap<number, RecordedOutcome | undefined>();
  #reached = false;

  /** Undefined for a run that takes nothing over. */
  static of({ run, origin }: Claim, { recorded }: DriverHost): Replay | undefined {
    if (origin?.op === undefined || recorded === undefined) return undefined;
    const plan = planOf(origin);
    return plan.parted ? undefined : new Replay(run, { ...origin, op: origin.op }, plan, recorded);
  }

  private constructor(
    run: string,
    origin: Origin & { readonly op: number },
    plan: Plan,
    recorded: NonNullable<DriverHost["recorded"]>,
  ) {
    this.#run = run;
    this.#origin = origin;
    this.#until = origin.op;
    this.#plan = plan;
    this.#recorded = recorded;
  }

  /** A frame was loaded. */
  loaded({ lastOp }: Activation): void {
    this.#reached = lastOp >= this.#until;
  }

  /** Learns what is recorded of the ops of a parked activation. They announce nothing then. A fault: it strayed. */
  async look(activation: Activation): Promise<BackstitchError | undefined> {
    const ops = [...activation.ops.values()].filter(({ number }) => number <= this.#until);
    const unknown = ops.map(({ number }) => number).filter((op) => op < this.#until && !this.#known.has(op));
    if (unknown.length > 0) {
      for (const op of unknown) this.#known.set(op, undefined);
      for (const record of await this.#recorded(this.#origin, unknown)) this.#known.set(record.op, record);
    }
    for (const op of ops) {
      const expected = op.number === this.#until ? this.#plan.step : this.#known.get(op.number);
      if (expected === undefined) continue;
      if (expected.id !== op.id || expected.kind !== op.kind) return this.#strayed(op, expected);
      if (op.number === this.#until || !op.announcement) continue;
      op.announcement = undefined;
      op.outcome = undefined;
    }
    return undefined;
  }

  /** Whether something is to be delivered now. */
  ready(activation: Activation): boolean {
    return this.#first(activation) !== undefined;
  }

  /**
   * Gives the op its outcome that had its own first.
   *
   * @throws DecodeError
   */
  recall(activation: Activation, settling: Settling): Op | undefined {
    const first = this.#first(activation);
    if (first === undefined) return undefined;
    const { op, record } = first;
    op.outcome = outcomeOf(op, record);
    settling.recalled(record);
    return op;
  }

  /** The activation is about to be stored: ops that are new get what is recorded of them, and the step its new inputs. */
  async park(activation: Activation): Promise<BackstitchError | undefined> {
    const strayed = await this.look(activation);
    if (strayed) return strayed;
    const { input } = this.#plan;
    const op = activation.ops.get(this.#until);
    if (this.#reached || input === undefined || op === undefined) return undefined;
    if (op.input.length > 0) activation.addOp({ ...op, input });
    else return takesNoInput(this.#run, op);
    return undefined;
  }

  /**
   * The frame that is stored when the step is reached, with its new variables; undefined when it stays as it is.
   *
   * @throws BackstitchError BS2052
   */
  edited({ lastOp }: Activation, frame: string): string | undefined {
    if (this.#reached || lastOp < this.#until) return undefined;
    this.#reached = true;
    return this.#plan.slots && withSlots(frame, this.#plan.slots, this.#run);
  }

  /** What is wrong with a handler that has ended. */
  ended(cause: unknown): BackstitchError | undefined {
    if (this.#reached) return undefined;
    const { id = "" } = this.#plan.step ?? {};
    return new BackstitchError("BS2055", {
      where: `run ${this.#run} ended before it came to step ${JSON.stringify(id)}, which was op ${this.#until} of run ${this.#origin.run}`,
      fix: advice,
      cause,
    });
  }

  #first(activation: Activation): { op: Op; record: RecordedOutcome } | undefined {
    if (activation.cancelling) return undefined;
    let first: { op: Op; record: RecordedOutcome } | undefined;
    for (const op of activation.ops.values()) {
      const record = this.#known.get(op.number);
      if (record === undefined || op.outcome || op.running) continue;
      if (first === undefined || record.seq < first.record.seq) first = { op, record };
    }
    return first;
  }

  #strayed({ number, id, kind }: Op, was: { readonly id: string; readonly kind: string }): BackstitchError {
    return new BackstitchError("BS2055", {
      where: `op ${number} of run ${this.#run} is ${named(kind, id)}, and was ${named(was.kind, was.id)} in run ${this.#origin.run}`,
      fix: advice,
    });
  }
}

const advice =
  "The code in front of it ran again and took another way. Cancel this run; rerun the other one from an earlier step, or whole.";

function named(kind: string, id: string): string {
  return `${kind} ${JSON.stringify(id)}`;
}

function takesNoInput(run: string, { id }: Op): BackstitchError {
  return new BackstitchError("BS2053", {
    where: `\`input\` for step ${JSON.stringify(id)} of run ${run}, whose callback takes none`,
    fix: "Cancel this run, and fork the other one there, with the variables that the callback uses as `slots`.",
  });
}

/** As it was delivered: what a callback threw becomes a `StepError`, unless the run was cancelled meanwhile. */
function outcomeOf(op: Op, { status, output, error }: RecordedOutcome): Outcome {
  if (status === "completed") return { ok: true, value: output === undefined ? undefined : decode(output) };
  const thrown = error === undefined ? undefined : decode(error);
  const isIts = isTried(op) && !(thrown instanceof CancelledError);
  return { ok: false, error: isIts ? new StepError(op.id, thrown) : thrown };
}
