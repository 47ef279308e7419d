/** How a run ends: what is stored of it, and who is told. */
import { v7 as uuidv7 } from "uuid";
import { decode, encode } from "../codec/index.ts";
import type { Claim, Commit, StoredEvent } from "../store.ts";
import type { Activation } from "./activation.ts";
import { isCancellation } from "./cancellation.ts";
import { eventOf, outputFault } from "./load.ts";
import { encodeThrown } from "./thrown.ts";

/** Events of this kind start no others of their kind, so that a handler of failures which fails does not run for ever. */
const lifecycle = "backstitch/function.";
export const failedEvent = `${lifecycle}failed`;
export const cancelledEvent = `${lifecycle}cancelled`;

/** What a run ends with is stored before its last steps finish. An output that cannot be stored fails the run. */
export function checkEnd(activation: Activation, run: string, functionId: string): void {
  const { end } = activation;
  if (end === undefined) return;
  const error = end.ok ? outputFault(end.value, run, functionId) : decode(encodeThrown(end.error));
  if (error !== undefined) activation.end = { ok: false, error };
  // A copy: the callbacks of the last steps may change what the output was made of.
  else if (end.ok && activation.ops.size > 0) activation.end = { ok: true, value: decode(encode(end.value)) };
}

/** What the last commit of a run says. A handler that was cancelled may still return, or fail in a rollback. */
export function endingOf(
  activation: Activation,
  claim: Claim,
  now: number,
): Pick<Commit, "status" | "output" | "error" | "events"> {
  const { end, cancelling } = activation;
  if (cancelling?.interrupted && (end?.ok !== false || isCancellation(end.error))) return cancelled(claim, now);
  if (end?.ok) return { status: "completed", output: encode(end.value) };
  const error = encodeThrown(end?.error);
  return { status: "failed", error, events: told(failedEvent, claim, now, end?.error) };
}

export function cancelled(claim: Claim, now: number): Pick<Commit, "status" | "events"> {
  return { status: "cancelled", events: told(cancelledEvent, claim, now) };
}

function told(name: string, claim: Claim, now: number, error?: unknown): StoredEvent[] {
  if (claim.event.name.startsWith(lifecycle)) return [];
  const { run, functionId } = claim;
  const about = { function_id: functionId, run_id: run };
  return [{ id: uuidv7(), app: claim.event.app, name, data: dataOf(about, claim, error), receivedAt: now }];
}

/** An error or an event that cannot be stored must not keep the run from ending. */
function dataOf(about: object, claim: Claim, error: unknown): string {
  try {
    return encode({ ...about, ...(error !== undefined && { error }), event: eventOf(claim) });
  } catch {
    return encode({ ...about, error: new Error("The error or the event cannot be stored: look at the run") });
  }
}
