/** How a run ends: what is stored of it, and who is told. */
import { v7 as uuidv7 } from "uuid";
import { encode } from "../codec/index.ts";
import { RollbackError } from "../errors.ts";
import type { Claim, Commit, StoredEvent } from "../store.ts";
import type { Activation } from "./activation.ts";
import { eventOf } from "./load.ts";
import { encodeThrown } from "./thrown.ts";
import { wasCancelled } from "./unwinding.ts";

/** Events of this kind start no others of their kind, so that a handler of failures which fails does not run for ever. */
const lifecycle = "backstitch/function.";
export const failedEvent = `${lifecycle}failed`;
export const cancelledEvent = `${lifecycle}cancelled`;

type Ending = Pick<Commit, "status" | "output" | "error" | "events">;

/** What the last commit of a run says. A handler that was cancelled may still return, or fail in a rollback. */
export function endingOf(activation: Activation, claim: Claim, now: number): Ending {
  const { end, rollbacks } = activation;
  const { failures } = rollbacks;
  if (failures.length > 0)
    return failed(new RollbackError(failures, end?.ok === false ? end.error : undefined), claim, now);
  if (wasCancelled(activation)) return cancelled(claim, now);
  if (end?.ok) return { status: "completed", output: encode(end.value) };
  return failed(end?.error, claim, now);
}

function failed(error: unknown, claim: Claim, now: number): Ending {
  return { status: "failed", error: encodeThrown(error), events: told(failedEvent, claim, now, error) };
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
