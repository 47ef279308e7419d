/** Reruns and forks: runs that are made of others. */
import { v7 as uuidv7 } from "uuid";
import type { ClientStore } from "./client-store.ts";
import { encode } from "./codec/index.ts";
import type { Plan } from "./engine/replay.ts";
import { BackstitchError } from "./faults.ts";
import { checkKeys, checkName } from "./options.ts";
import { stepsOf } from "./recorded.ts";
import { asRun, type PendingStep, type SlotEdit, stateOf, storable, withSlots } from "./run-state.ts";
import type { Origin, RunView } from "./store.ts";

/** A step of a run: its id, when the run has one of that id; its id and how many came before it; or its number. */
export type StepReference = string | number | { readonly id: string; readonly index: number };

/** How `runs.rerun()` runs again. */
export interface RerunOptions {
  /** The step from which it is executed. Those made before it get their recorded outcomes. Default: all of the run. */
  readonly from?: StepReference | undefined;
  /** Arguments of that step's callback in place of its own. */
  readonly input?: readonly unknown[] | undefined;
}

/** Where `runs.fork()` parts from a run, and what is different from there on. */
export interface ForkOptions {
  /** A step that has ended. Default: where the run is parked now. */
  readonly at?: StepReference | undefined;
  /** Variables to set, as they are while the step is waited for. */
  readonly slots?: readonly SlotEdit[] | undefined;
}

/** How often the state of a run that goes on meanwhile is read again. */
const mostTries = 5;
/** Steps that a message names. */
const mostNamed = 20;

/** @returns the id of the new run */
export async function rerun(store: ClientStore, view: RunView, options: RerunOptions, now: number): Promise<string> {
  checkKeys(options, ["from", "input"], "runs.rerun()");
  const { from, input } = options;
  if (from !== undefined) {
    const step = await stepOf(store, view, from);
    return replayed(store, view, step, input === undefined ? {} : { input: checkedInput(input, step) }, now);
  }
  if (input === undefined) return derived(store, view.id, { run: view.id }, now);
  throw new BackstitchError("BS2053", {
    where: "`input` of runs.rerun() is given without `from`",
    fix: "Name the step whose input it is. To run a function with another event, send that event.",
  });
}

/** @returns the id of the new run */
export async function fork(store: ClientStore, view: RunView, options: ForkOptions, now: number): Promise<string> {
  checkKeys(options, ["at", "slots"], "runs.fork()");
  const { at, slots = [] } = options;
  for (const slot of slots) checkSlot(slot);
  const step = at === undefined ? undefined : await stepOf(store, view, at);
  if (step?.ended) return replayed(store, view, step, slots.length > 0 ? { slots } : {}, now);
  return parted(store, view, slots, now);
}

/** It begins anew, with what is recorded of the ops before this one. */
function replayed(store: ClientStore, view: RunView, step: FoundStep, edits: Plan, now: number): Promise<string> {
  const { op, id, kind } = step;
  const { id: run, origin, stepsRemoved = 0 } = view;
  // Those of ops before its own are records of the run of which it was made.
  if (stepsRemoved >= (origin?.op ?? 1)) {
    throw new BackstitchError("BS2055", {
      where: `the records of the ops of run ${run} up to ${stepsRemoved} were removed`,
      fix: "Run the function again as a whole, or fork the run where it is parked.",
    });
  }
  return derived(store, run, { run, op, plan: encode({ step: { id, kind }, ...edits } satisfies Plan) }, now);
}

async function derived(store: ClientStore, run: string, origin: Origin, now: number): Promise<string> {
  const id = uuidv7({ msecs: now });
  if (await store.derive({ id, origin }, now)) return id;
  throw new BackstitchError("BS2009", { where: `the store has no run "${run}" any more`, fix: "Look at runs.list()." });
}

/** It goes on from a copy of the frame, so that no code runs twice. */
async function parted(store: ClientStore, view: RunView, slots: readonly SlotEdit[], now: number): Promise<string> {
  const id = uuidv7({ msecs: now });
  for (let tries = 0; tries < mostTries; tries++) {
    const parked = await store.getParked(view.id);
    if (!parked?.frame) throw notParked(view);
    const { pending, problem, lastOp } = stateOf(parked);
    if (problem !== undefined) throw unforkable(view, `its frame cannot be read: ${problem}`);
    const alone = pending.find(({ kind }) => kind === "signal" || kind === "invoke");
    if (alone) throw unforkable(view, notShared(alone));
    const frame = asRun(withSlots(parked.frame, slots, view.id), id);
    const origin = {
      run: view.id,
      op: lastOp + 1,
      plan: encode({ parted: pending.map(({ op }) => op) } satisfies Plan),
    };
    if (await store.derive({ id, origin, state: { ...parked, frame } }, now)) return id;
  }
  throw unforkable(view, "it goes on all the time, so that its state is not the same twice");
}

interface FoundStep {
  readonly op: number;
  readonly id: string;
  readonly kind: string;
  readonly ended: boolean;
}

/** @throws BackstitchError BS2051 when the run has no such step, or several */
async function stepOf(store: ClientStore, view: RunView, reference: StepReference): Promise<FoundStep> {
  const wanted = typeof reference === "string" ? { id: reference } : reference;
  const found = new Map<number, FoundStep>();
  const known = new Set<string>();
  const look = ({ op, id, kind }: { op: number; id: string; kind: string }, ended: boolean) => {
    if (known.size < mostNamed) known.add(id);
    if (typeof wanted === "number" ? op === wanted : id === wanted.id) found.set(op, { op, id, kind, ended });
  };
  for await (const step of stepsOf(store, view.id)) look(step, step.status !== "retrying");
  const parked = await store.getParked(view.id);
  for (const step of parked ? stateOf(parked).pending : []) look(step, false);
  const inOrder = [...found.values()].sort((a, b) => a.op - b.op);
  const index = typeof wanted === "object" && "index" in wanted ? wanted.index : undefined;
  const step = inOrder[index ?? 0];
  if (step && (index !== undefined || inOrder.length === 1)) return step;
  const id = typeof wanted === "number" ? String(wanted) : JSON.stringify(wanted.id);
  if (step === undefined && inOrder.length === 0) {
    throw new BackstitchError("BS2051", {
      where: `run ${view.id} has come to no step ${id}`,
      fix:
        known.size === 0
          ? "It has come to none at all."
          : `Name one of ${[...known].map((each) => JSON.stringify(each)).join(", ")}.`,
    });
  }
  throw new BackstitchError("BS2051", {
    where: `run ${view.id} has ${inOrder.length} steps ${id}${index === undefined ? "" : `, and \`index\` is ${index}`}`,
    fix: `Give \`index\`, from 0 to ${inOrder.length - 1}, or the number of the op, one of ${inOrder
      .slice(0, mostNamed)
      .map(({ op }) => op)
      .join(", ")}.`,
  });
}

function checkedInput(input: unknown, { id, kind }: FoundStep): readonly unknown[] {
  const refuse = (problem: string, fix: string) =>
    new BackstitchError("BS2053", { where: `\`input\` for step ${JSON.stringify(id)}${problem}`, fix });
  if (kind !== "step" && kind !== "fetch")
    throw refuse(`, which is of kind "${kind}"`, "Only what `step.run` and `step.fetch` do takes inputs.");
  if (!Array.isArray(input)) throw refuse(" is no list", "Give the arguments of the step's callback as a list.");
  try {
    encode(input);
  } catch (cause) {
    throw refuse(
      `: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Give plain data, or values of registered classes.",
    );
  }
  return input as unknown[];
}

function checkSlot(slot: SlotEdit): void {
  checkKeys(slot, ["name", "value", "scope", "code"], "a slot of runs.fork()");
  checkName(slot.name, "name", "a slot of runs.fork()", "BS2052");
  storable(slot);
}

function notShared({ id, kind }: PendingStep): string {
  const other =
    kind === "signal" ? "a signal, which one step alone can wait for" : "a run that tells only this one how it ends";
  return `step ${JSON.stringify(id)} waits for ${other}; runs.rerun() from that step waits anew`;
}

function notParked({ id, status, label, endedAt }: RunView): BackstitchError {
  if (endedAt === null && label === null) {
    return new BackstitchError("BS2054", {
      where: `run ${id} has not come to its first step`,
      fix: "Rerun it instead.",
    });
  }
  return new BackstitchError("BS2054", {
    where: `run ${id} is ${status}, so that it is parked nowhere`,
    fix: "Name a step with `at`, or rerun it.",
  });
}

function unforkable({ id }: RunView, problem: string): BackstitchError {
  return new BackstitchError("BS2054", {
    where: `run ${id}: ${problem}`,
    fix: "Fork it at an earlier step with `at`, or rerun it.",
  });
}
