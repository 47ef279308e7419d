/** How a run ends: what is stored of it, and who is told. */
import { v7 as uuidv7 } from "uuid";
import { decode, encode } from "../codec/index.ts";
import { RollbackError } from "../errors.ts";
import type { Claim, Commit, StoredEvent } from "../store.ts";
import type { Activation } from "./activation.ts";
import type { RunnableFunction } from "./contract.ts";
import { handledFor } from "./handling.ts";
import { eventOf, outputFault } from "./load.ts";
import { encodeThrown } from "./thrown.ts";
import { wasCancelled } from "./unwinding.ts";

/** Names of the events that tell of runs which did not complete. */
export const failedEvent = "backstitch/function.failed";
export const cancelledEvent = "backstitch/function.cancelled";

type Ending = Pick<Commit, "status" | "output" | "error" | "events">;

/** What the handler ended with is fixed before its last steps finish. An output that cannot be stored fails the run. */
export function settleEnd(activation: Activation, run: string, functionId: string): void {
  const { end } = activation;
  if (end === undefined) return;
  activation.lastOpOfHandler = activation.lastOp;
  const error = end.ok
    ? outputFault(end.value, run, functionId)
    : decode(encodeThrown(end.error, activation.handling.of));
  if (error !== undefined) activation.end = { ok: false, error };
  // A copy: the callbacks of the last steps may change what the output was made of.
  else if (end.ok && activation.ops.size > 0) activation.end = { ok: true, value: decode(encode(end.value)) };
}

/** What the last commit of a run says. A handler that was cancelled may still return, or fail in a rollback. */
export function endingOf(activation: Activation, claim: Claim, fn: RunnableFunction, now: number): Ending {
  const { end, rollbacks, handling } = activation;
  const { failures } = rollbacks;
  if (failures.length > 0) {
    const error = new RollbackError(failures, end?.ok === false ? end.error : undefined);
    return failed(decode(encodeThrown(error, handling.of)), claim, fn, now);
  }
  if (wasCancelled(activation)) return cancelled(claim, fn, now);
  if (end?.ok) return { status: "completed", output: encode(end.value) };
  return failed(end?.error, claim, fn, now);
}

/** @param error made for this, or decoded: it carries with it what was handled when it came */
export function failed(error: unknown, claim: Claim, fn: RunnableFunction, now: number): Ending {
  return { status: "failed", error: encodeThrown(error), events: told(failedEvent, claim, fn.onFailure, now, error) };
}

export function cancelled(claim: Claim, fn: RunnableFunction, now: number): Pick<Commit, "status" | "events"> {
  return { status: "cancelled", events: told(cancelledEvent, claim, fn.onCancel, now) };
}

/**
 * One event for whoever is triggered by it, and one that starts the function's own handler. What is about the end of a run
 * tells of no other end, so that a handler of failures which fails does not run for ever.
 */
function told(
  name: string,
  { event, run, functionId }: Ended,
  handler: string | undefined,
  now: number,
  error?: unknown,
): StoredEvent[] {
  if (event.name === failedEvent || event.name === cancelledEvent) return [];
  const data = dataOf({ function_id: functionId, run_id: run }, { event, run }, error);
  const message: StoredEvent = { id: uuidv7(), app: event.app, name, data, receivedAt: now };
  return handler === undefined ? [message] : [message, { ...message, id: uuidv7(), target: handler }];
}

/** The run that has ended. */
type Ended = Pick<Claim, "event" | "run" | "functionId">;

/** What tells of a run that was cancelled without running. */
export function cancelledUnrun(run: Ended, handler: string | undefined, now: number): StoredEvent[] {
  return told(cancelledEvent, run, handler, now);
}

/** An error or an event that cannot be stored must not keep the run from ending. */
function dataOf(about: object, run: Pick<Claim, "event" | "run">, error: unknown): string {
  try {
    const handling = handledFor(error);
    const failure = { ...(error !== undefined && { error }), ...(handling.length > 0 && { handling }) };
    return encode({ ...about, ...failure, event: eventOf(run) });
  } catch {
    return encode({ ...about, error: new Error("The error or the event cannot be stored: look at the run") });
  }
}
