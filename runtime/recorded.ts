/** What is recorded of a run, also where it went on from another one. */

import type { ClientStore } from "./client-store.ts";
import { planOf } from "./engine/replay.ts";
import { BackstitchError } from "./faults.ts";
import type { Origin, RecordedOutcome, StoredStep } from "./store.ts";

/** Ops that are read at once. */
const pageSize = 2_000;

/** A record, with the run that executed it. */
export type RunStep = StoredStep & { readonly run: string };

/** The outcomes of ops in front of the one from which a run goes on: of the run of which it was made, or of an earlier one. */
export async function outcomesBefore(
  store: ClientStore,
  origin: Origin,
  ops: readonly number[],
): Promise<RecordedOutcome[]> {
  const found: RecordedOutcome[] = [];
  let missing = ops;
  for (let at: Origin | undefined = origin; at && missing.length > 0; ) {
    const { run }: Origin = at;
    missing = missing.filter(takenOver(at));
    const outcomes = await store.listOutcomes(run, missing);
    found.push(...outcomes);
    missing = missing.filter((op) => !outcomes.some((outcome) => outcome.op === op));
    if (missing.length === 0) break;
    const view = await store.getRun(run);
    if (view === undefined) throw removed(`run ${run}, whose records it takes over, was removed`);
    const { origin: earlier, stepsRemoved = 0 } = view;
    const isEarlier = earlier === undefined ? () => false : takenOver(earlier);
    const lost = missing.find((op) => op <= stepsRemoved && !isEarlier(op));
    if (lost !== undefined) throw removed(`the record of op ${lost} of run ${run}, which it takes over, was removed`);
    at = earlier;
  }
  return found;
}

/** What is not known to be recorded would be executed again. */
function removed(where: string): BackstitchError {
  return new BackstitchError("BS2055", {
    where,
    fix: "Run the function again as a whole.",
  });
}

/** Whether a run has what was recorded of an op from the run of which it was made. */
function takenOver(origin: Origin): (op: number) => boolean {
  const { op: end = 0 } = origin;
  const { parted = [] } = planOf(origin);
  return (op) => op < end && !parted.includes(op);
}

/** The records of a run, by op and attempt; those of the run of which it was made stand for what it did not do itself. */
export async function* stepsOf(
  store: ClientStore,
  run: string,
  before = Number.POSITIVE_INFINITY,
): AsyncGenerator<RunStep> {
  const origin = (await store.getRun(run))?.origin;
  const own = ownSteps(store, run, before);
  let next = await own.next();
  if (origin?.op !== undefined) {
    const isTaken = takenOver(origin);
    for await (const earlier of stepsOf(store, origin.run, Math.min(before, origin.op))) {
      if (!isTaken(earlier.op)) continue;
      while (!next.done && next.value.op < earlier.op) {
        yield next.value;
        next = await own.next();
      }
      if (next.done || next.value.op !== earlier.op) yield earlier;
    }
  }
  for (; !next.done; next = await own.next()) yield next.value;
}

/** What it has executed itself, page by page: what is counted of the pages before need not be counted again. */
export async function* ownSteps(
  store: ClientStore,
  run: string,
  before = Number.POSITIVE_INFINITY,
): AsyncGenerator<RunStep> {
  const counted = new Map<string, number>();
  for (let after = 0; ; ) {
    const page = await store.listSteps(run, { after, limit: pageSize, counted });
    for (const step of page) {
      if (step.op >= before) return;
      yield { ...step, run };
    }
    for (const { id, index } of page) counted.set(id, index + 1);
    const last = page.at(-1)?.op;
    if (last === undefined) return;
    after = last;
  }
}
