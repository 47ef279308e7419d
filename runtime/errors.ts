/**
 * The errors that authors meet: what a step throws, what a handler may throw to steer retries, and the runtime's own
 * faults. The classes are registered with the codec, so that they keep their class in stored values.
 */
import { registerClass } from "./codec/index.ts";
import { type Duration, durationMs, momentMs } from "./duration.ts";
import { BackstitchError } from "./faults.ts";

export { BackstitchError, type BackstitchErrorCode, type FaultDetails } from "./faults.ts";
export { type EventIssue, InvalidEventError } from "./invalid-event.ts";

/**
 * Thrown by the `await` of a step whose attempts are used up. `name`, `message` and `stack` are those of the error that
 * the step threw, `cause` is that error itself, and its `code` and other own properties are copied onto this one.
 *
 * @example
 * try { await step.run("charge", () => stripe.charge(order)); }
 * catch (error) { if (error instanceof StepError) console.log(error.stepId, error.message); }
 */
export class StepError extends Error {
  /** Id of the step that failed. */
  readonly stepId: string;

  /**
   * @param stepId id of the step that failed
   * @param original what the step threw; anything but an Error is taken as the message
   */
  constructor(stepId: string, original: unknown) {
    super(original instanceof Error ? original.message : textOf(original), { cause: original });
    this.name = "Error";
    if (original instanceof Error) {
      this.name = original.name;
      this.stack = original.stack ?? `${original.name}: ${original.message}`;
      copyOwnProperties(original, this);
    }
    this.stepId = stepId;
  }
}

/**
 * Thrown in a step or a handler to end the attempts at once: repeating cannot help.
 *
 * @example throw new NonRetriableError("no such customer", { cause: error });
 */
export class NonRetriableError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "NonRetriableError";
  }
}

/**
 * Thrown in a step or a handler to choose when the next attempt begins. It does not add attempts.
 *
 * @example throw new RetryAfterError("rate limited", "30s");
 */
export class RetryAfterError extends Error {
  /** Delay in milliseconds, counted from the end of the attempt, or the point in time of the next attempt. */
  readonly retryAfter: number | Date;

  /**
   * @param retryAfter milliseconds, text such as `"30s"`, or the Date of the next attempt
   * @throws BackstitchError BS2012 when `retryAfter` cannot be read
   */
  constructor(message: string, retryAfter: Duration | Date, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "RetryAfterError";
    this.retryAfter =
      retryAfter instanceof Date
        ? new Date(momentMs(retryAfter, "RetryAfterError"))
        : durationMs(retryAfter, "RetryAfterError");
  }

  /** Milliseconds from `now` (milliseconds since the epoch) to the next attempt; 0 when its time has passed. */
  delayFrom(now: number): number {
    return this.retryAfter instanceof Date ? Math.max(0, this.retryAfter.getTime() - now) : this.retryAfter;
  }
}

/** Thrown at a suspension of a run that is being cancelled. */
export class CancelledError extends Error {
  constructor(message = "The run was cancelled") {
    super(message);
    this.name = "CancelledError";
  }
}

/**
 * What a run has failed with when registered rollbacks failed: `errors` are theirs, in their order, and `cause` is what the
 * run was rolled back for.
 */
export class RollbackError extends AggregateError {
  constructor(errors: Iterable<unknown>, cause: unknown) {
    super(errors, "Rolling back has failed", { cause });
    this.name = "RollbackError";
  }
}

for (const errorClass of [
  RollbackError,
  BackstitchError,
  StepError,
  NonRetriableError,
  RetryAfterError,
  CancelledError,
]) {
  registerClass(errorClass);
}

/** Properties that a StepError has of its own. */
const ownToStepError = new Set(["name", "message", "stack", "cause", "stepId"]);

/** Accessors are left out: reading one would run code of the author. The original stays reachable as `cause`. */
function copyOwnProperties(from: Error, to: Error): void {
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
    if (!property.enumerable || !("value" in property) || ownToStepError.has(key)) continue;
    Object.defineProperty(to, key, { value: property.value, enumerable: true, writable: true, configurable: true });
  }
}

function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "a value without text was thrown";
  }
}
