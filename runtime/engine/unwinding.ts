/**
 * What a run still does when its handler has ended. Branches that go on are interrupted, as in a cancellation, and their
 * `catch` and `finally` run; then come the registered rollbacks, if the handler has failed or was cancelled. Steps for
 * which nobody waits are left to end by themselves.
 */
import { CancelledError } from "../errors.ts";
import type { Activation } from "./activation.ts";
import type { EndedAttempt } from "./attempts.ts";
import { awaitedByFrames, awaitedByReactions, comesFromCancellation, exposedOps } from "./cancellation.ts";
import { Deferred } from "./deferred.ts";
import { isWait, type Op } from "./ops.ts";

/** A branch may swallow each interruption and go on: it is left where it is after so many of them. */
const mostInterruptions = 1_000;

/** Ops that are to be interrupted once their attempts do not run, or are told of it while they do. */
export function opsToInterrupt(activation: Activation): Op[] {
  const { cancelling, end, closed, interruptions, ops } = activation;
  if (closed) return cancelling ? [...ops.values()] : [];
  if (interruptions >= mostInterruptions) return [];
  if (cancelling) return exposedOps(activation);
  return end === undefined ? [] : opsOfBranches(activation);
}

/**
 * Of a cancelled run of which nothing else goes on: the promises of its own for which its code waits. Nothing settles them any
 * more.
 */
export function promisesToInterrupt(activation: Activation): Deferred[] {
  const { cancelling, end, closed, ops, interruptions } = activation;
  if (!cancelling || end || closed || ops.size > 0 || interruptions >= mostInterruptions) return [];
  return [...awaitedByFrames(activation)].flatMap(({ maker }) => (maker instanceof Deferred ? [maker] : []));
}

/** Answers whether there was any. */
export function interruptPromises(activation: Activation): boolean {
  const left = promisesToInterrupt(activation);
  if (left.length === 0) return false;
  for (const promise of left) promise.settle("reject", new CancelledError());
  activation.interruptions++;
  activation.cancelling = { interrupted: true };
  return true;
}

/** Whether an attempt was told of the cancellation. When it failed, that is because it was interrupted, and the run notes it. */
export function takesCancellation(activation: Activation, { interrupted, outcome }: EndedAttempt): boolean {
  const { cancelling, end } = activation;
  if (!interrupted || !(cancelling || end)) return false;
  if (cancelling && !outcome.ok) activation.cancelling = { interrupted: true };
  return true;
}

/**
 * After the end of the handler: what branches wait for, and what callbacks of handles do that nobody awaits. A step that
 * the handler itself made and nobody awaits still runs, and its callbacks are called.
 */
function opsOfBranches(activation: Activation): Op[] {
  const byFrames = awaitedByFrames(activation);
  const byReactions = awaitedByReactions(activation);
  return exposedOps(activation).filter((op) => {
    if (byFrames.has(op.handle)) return true;
    const isOfHandler = !isWait(op) && op.number <= activation.lastOpOfHandler;
    return byReactions.has(op.handle) && !isOfHandler;
  });
}

/**
 * Whether the run waits for code that is in an ordinary await. Behind the end of the handler it does so for rollbacks only, as a
 * branch may never come back, and when the code hinders it from being parked.
 */
export function awaitsOutside(activation: Activation, hinders: boolean): boolean {
  const { outside, closed, end, rollbacks } = activation;
  if (closed || !outside) return outside && hinders;
  return hinders || end === undefined || (mustRollBack(activation) && rollbacks.left);
}

/** Whether code of a run goes on whose handler has ended. A rollback `begins` when it is time for the next. */
export function unwind(activation: Activation): "goes on" | "begins" | "over" {
  const { rollbacks, interruptions, outside, cancelling, ops } = activation;
  // A branch in an ordinary await may never come back, and cannot be stored.
  if (outside) return "over";
  if (rollbacks.running) return "goes on";
  const awaited = [awaitedByFrames(activation), awaitedByReactions(activation)];
  // Steps that nobody awaits end by themselves; those of a cancelled run are interrupted, which makes it roll back.
  const goesOn = ({ handle }: Op) => cancelling !== undefined || awaited.some((handles) => handles.has(handle));
  if (interruptions < mostInterruptions && [...ops.values()].some(goesOn)) return "goes on";
  if (!mustRollBack(activation)) return "over";
  if (rollbacks.awaitsSteps) return "goes on";
  return rollbacks.next() ? "begins" : "over";
}

function mustRollBack({ end, cancelling }: Activation): boolean {
  return end?.ok === false || cancelling?.interrupted === true;
}

/** A handler that passed a cancellation on, or was interrupted and returned. */
export function wasCancelled({ end, cancelling }: Activation): boolean {
  return cancelling?.interrupted === true && (end?.ok !== false || comesFromCancellation(end.error));
}
