/** When a run has something to do next. */
import type { Claim } from "../store.ts";
import type { Activation } from "./activation.ts";
import { isInterruptible } from "./cancellation.ts";
import type { DriverHost, RunnableFunction } from "./contract.ts";
import type { Inputs } from "./inputs.ts";
import type { Slots } from "./slots.ts";
import { opsToInterrupt, promisesToInterrupt } from "./unwinding.ts";

/**
 * Milliseconds since the epoch, `now` for what is due already; undefined when only mail can wake the run.
 *
 * @param slots steps that wait for one are not due
 * @param entering whether its code is still to be entered
 * @param deadline when it is cancelled; Infinity when it is not
 */
export function nextDue(
  activation: Activation,
  slots: Slots,
  entering: boolean,
  deadline: number,
  now: number,
): number | undefined {
  const { ops, dueAt } = activation;
  if (entering) return Math.max(Math.min(dueAt, deadline), now);
  if (opsToInterrupt(activation).some(isInterruptible) || promisesToInterrupt(activation).length > 0) return now;
  let earliest = deadline;
  for (const op of ops.values()) {
    if (op.running || slots.isLeft(op.number)) continue;
    earliest = Math.min(earliest, op.outcome ? 0 : op.dueAt);
  }
  return earliest === Number.POSITIVE_INFINITY ? undefined : Math.max(earliest, now);
}

/** Whether something keeps the run in this process: a callback, an input, work that is due, or a timer that is near. */
export function mayHold({ none }: Inputs, dueAt: number | undefined, { draining, clock, holdMs }: DriverHost): boolean {
  if (!none) return true;
  return dueAt !== undefined && !draining() && dueAt - clock.now() <= holdMs;
}

/** When the run is to be claimed if its claim ends here. What goes on in this process is lost then, and due at once. */
export function wakeTime(
  { outside }: Activation,
  { none }: Inputs,
  dueAt: number | undefined,
  now: number,
): number | null {
  return none && !outside ? (dueAt ?? null) : now;
}

/** When the run is cancelled by itself, in milliseconds since the epoch; Infinity when it is not. */
export function deadlineOf(
  { cancelling, end, startedAt }: Activation,
  { createdAt }: Claim,
  { timeouts }: RunnableFunction,
  isNew: boolean,
): number {
  if (timeouts === undefined || cancelling || end) return Number.POSITIVE_INFINITY;
  const { startMs = Number.POSITIVE_INFINITY, finishMs = Number.POSITIVE_INFINITY } = timeouts;
  return isNew ? createdAt + startMs : startedAt + finishMs;
}
