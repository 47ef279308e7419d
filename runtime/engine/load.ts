/** How a run begins, and what failures and lost workers count for. */
import { decode, encode } from "../codec/index.ts";
import { StepError } from "../errors.ts";
import { BackstitchError } from "../faults.ts";
import type { Claim } from "../store.ts";
import { Activation, type ActivationOwner } from "./activation.ts";
import { type RetryAdvice, retryAdvice } from "./attempts.ts";
import { errorsOf, joinedBy, joinedInDisposal } from "./causes.ts";
import type { DriverHost, RunnableFunction } from "./contract.ts";
import { Frame } from "./frame.ts";
import type { Outcome } from "./outcome.ts";
import type { LoadedActivation } from "./read-image.ts";
import { codeOf } from "./registry.ts";

/** A run that has no frame yet. */
export function startRun(claim: Claim, fn: RunnableFunction, owner: ActivationOwner): LoadedActivation {
  const code = codeOf(fn.handler);
  if (code === undefined) {
    throw new BackstitchError("BS2103", {
      where: `function "${fn.id}": its handler is not compiled by the loaded version of backstitch`,
      fix: "Build it with the plugin, and install one version of backstitch.",
    });
  }
  const activation = new Activation(owner);
  const { id, name, data, receivedAt } = claim.event;
  const event = { id, name, data: eventData(data, claim.run), ts: receivedAt };
  const { step, logger } = activation.tools;
  const context = { ...owner.extension, event, events: [event], runId: claim.run, step, attempt: 0, logger };
  const root = new Frame(activation, code, [context]);
  activation.root = root;
  return { activation, root };
}

function eventData(text: string, run: string): unknown {
  try {
    return decode(text);
  } catch (cause) {
    if (cause instanceof Error && cause.cause instanceof BackstitchError) throw cause.cause;
    throw new BackstitchError("BS2104", {
      where: `the event of run ${run}: ${cause instanceof Error ? cause.message : String(cause)}`,
      fix: "Register in the worker, with registerClass(), every class that events carry, or cancel the run.",
      cause,
    });
  }
}

/** The handler's context says which attempt of the segment is made. One that never began may lack its extension. */
export function tellAttempt(root: Frame, attempt: number): void {
  const context = root.args[0];
  const extension = root.wasParked ? {} : root.activation.owner.extension;
  if (typeof context === "object" && context !== null) Object.assign(context, extension, { attempt });
}

/** A claim that was lost counts as an attempt of the segment and of every step that may have been running. */
export function countLostClaims(activation: Activation, lost: number, retries: number, now: number): void {
  activation.attempt += lost;
  for (const op of activation.ops.values()) {
    const mayHaveRun = op.kind === "step" && op.outcome === undefined && op.dueAt <= now;
    if (mayHaveRun) op.attempt = Math.max(op.attempt, Math.min(op.attempt + lost, retries));
  }
}

/** What keeps code from being entered: it counts as thrown where the code stands. */
export async function failureBefore(root: Frame, { failure, onStart }: DriverHost): Promise<Outcome | undefined> {
  if (failure) return { ok: false, error: failure.error };
  if (root.wasParked) return undefined;
  try {
    await onStart?.();
    return undefined;
  } catch (error) {
    return { ok: false, error };
  }
}

/** What is wrong with an output that cannot be stored. */
export function outputFault(output: unknown, run: string, functionId: string): BackstitchError | undefined {
  try {
    encode(output);
    return undefined;
  } catch (cause) {
    const path = cause instanceof Error ? cause.message : String(cause);
    return new BackstitchError("BS2102", {
      where: `the output of run ${run} of function "${functionId}": ${path}`,
      fix: "Return plain data, or register its class with registerClass().",
      cause,
    });
  }
}

/** Whether a failed attempt is the last one. `attempt` counts from 0. */
export function isFinal(retry: RetryAdvice, attempt: number, retries: number): boolean {
  return retry === "never" || attempt >= retries;
}

/** Whole milliseconds before attempt `attempt`. */
export function nextAttemptOf(retry: RetryAdvice, attempt: number, host: DriverHost): number {
  return Math.ceil(typeof retry === "number" ? retry : host.retryDelay(attempt));
}

/**
 * Milliseconds before a segment that threw is tried again; undefined when trying again cannot help: its attempts are
 * used up, the error forbids it, it comes from a step that failed, or it was read from what is committed.
 */
export function segmentRetryDelay(
  activation: Activation,
  error: unknown,
  retries: number,
  host: DriverHost,
): number | undefined {
  const advice = retryAdvice(error, host.clock.now());
  if (isFinal(advice, activation.attempt, retries) || comesFromStored(activation, error)) return undefined;
  return nextAttemptOf(advice, activation.attempt + 1, host);
}

function comesFromStored(activation: Activation, error: unknown, above: readonly unknown[] = []): boolean {
  for (const at of errorsOf(error)) {
    if (at instanceof StepError || activation.isCommitted(at)) return true;
    if (above.includes(at)) continue;
    if (joinedInDisposal(at).some((one) => comesFromStored(activation, one, [...above, at]))) return true;
    if (!(at instanceof AggregateError)) continue;
    const joined = joinedBy(at);
    if (joined.length > 0 && joined.every((one) => comesFromStored(activation, one, [...above, at]))) return true;
  }
  return false;
}
