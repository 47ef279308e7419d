/** How a run begins, and what failures and lost workers count for. */
import { encode } from "../codec/index.ts";
import { StepError } from "../errors.ts";
import { toEvent } from "../events.ts";
import { BackstitchError } from "../faults.ts";
import type { Claim } from "../store.ts";
import type { BackstitchEvent } from "../types.ts";
import { Activation, type ActivationOwner } from "./activation.ts";
import { type RetryAdvice, retryAdvice } from "./attempts.ts";
import { errorsOf, joinedBy, joinedInDisposal } from "./causes.ts";
import type { DriverHost, RunnableFunction } from "./contract.ts";
import { Frame } from "./frame.ts";
import { isTried, type Op } from "./ops.ts";
import type { Outcome } from "./outcome.ts";
import { codeOf } from "./registry.ts";

/** A run is not given up before so many claims were lost, however few retries its function has. */
const leastLostClaims = 4;

/** A run that has no frame yet. */
export function startRun(fn: RunnableFunction, owner: ActivationOwner): Activation {
  const code = codeOf(fn.handler);
  if (code === undefined) {
    throw new BackstitchError("BS2103", {
      where: `function "${fn.id}": its handler is not compiled by the loaded version of backstitch`,
      fix: "Build it with the plugin, and install one version of backstitch.",
    });
  }
  const activation = new Activation(owner);
  if (fn.timeouts?.finishMs !== undefined) activation.startedAt = owner.now();
  activation.root = new Frame(activation, code, activation.given.make(true));
  return activation;
}

/**
 * A fresh copy of the event that started the run.
 *
 * @throws BackstitchError BS2104 when it cannot be read
 */
export function eventOf({ event, run }: Pick<Claim, "event" | "run">): BackstitchEvent {
  try {
    return toEvent(event);
  } catch (cause) {
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
  if (typeof context === "object" && context !== null) {
    Object.assign(context, extension, { attempt });
    root.activation.given.changed();
  }
}

/** A claim that was lost counts as an attempt of the segment and of every step that may have been running. */
export function countLostClaims(activation: Activation, lost: number, retries: number, now: number): void {
  activation.attempt += lost;
  for (const op of activation.ops.values()) {
    const mayHaveRun = isTried(op) && !op.running && op.outcome === undefined && op.dueAt <= now;
    if (!mayHaveRun) continue;
    op.lostAttempt = op.attempt;
    op.attempt = Math.max(op.attempt, Math.min(op.attempt + lost, op.options?.retries ?? retries));
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

/** Whole milliseconds before the next attempt, of an op or of a segment. */
export function nextAttemptOf(
  retry: RetryAdvice,
  { attempt, options }: { readonly attempt: number; readonly options?: Op["options"] },
  host: DriverHost,
): number {
  return Math.ceil(typeof retry === "number" ? retry : host.retryDelay(attempt, options?.backoff));
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
  return nextAttemptOf(advice, { attempt: activation.attempt + 1 }, host);
}

function comesFromStored(activation: Activation, error: unknown, above: readonly unknown[] = []): boolean {
  for (const at of errorsOf(error)) {
    if (at instanceof StepError || activation.isCommitted(at)) return true;
    if (above.includes(at)) continue;
    if (joinedInDisposal(at).some((one) => comesFromStored(activation, one, [...above, at]))) return true;
    if (!(at instanceof AggregateError)) continue;
    const joined = joinedBy(at);
    const cannotHelp = (one: unknown) =>
      retryAdvice(one, 0) === "never" || comesFromStored(activation, one, [...above, at]);
    if (joined.length > 0 && joined.every(cannotHelp)) return true;
  }
  return false;
}

/** Whether a run lost its worker so often that it is the cause: none of the author's code is run for it any more. */
export function isGivenUp({ lostClaims }: Claim, { retries }: RunnableFunction): boolean {
  return lostClaims > Math.max(leastLostClaims, retries);
}
