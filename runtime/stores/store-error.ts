import type { EventKey, NewRun } from "../store.ts";

/** Where a store failed, for `StoreError`. */
export interface StoreFailure {
  /** The file, or the address, of the store. */
  readonly location: string;
  /** The call that failed: the name of a method of `Store`. */
  readonly operation: string;
  /** The error of the driver, when there is one. */
  readonly cause?: unknown;
}

/**
 * The store cannot do its work: it is locked, full, read-only, damaged, or of a newer version. Nothing of the call that
 * failed was written. The message names the file, the operation and what to do.
 *
 * @example
 * ```ts
 * try {
 *   await store.open();
 * } catch (error) {
 *   if (error instanceof StoreError) console.error(error.location, error.message);
 *   else throw error;
 * }
 * ```
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly location: string;
  readonly operation: string;

  /** @param message What happened and what to do; place and operation are put before it. */
  constructor(message: string, failure: StoreFailure) {
    const options = failure.cause === undefined ? undefined : { cause: failure.cause };
    super(`${failure.location}: ${failure.operation} failed: ${message}`, options);
    this.location = failure.location;
    this.operation = failure.operation;
  }
}

/** Why `route` was refused: routing an event that is not stored would create runs that can never be claimed. */
export function cannotRoute(location: string, event: EventKey, foreign: NewRun | undefined): StoreError {
  const reason = foreign
    ? `run "${foreign.id}" is of event "${foreign.eventId}" of app "${foreign.app}"; create runs only for the event that is routed`
    : "no such event; store it with putEvents first";
  return new StoreError(`event "${event.id}" of app "${event.app}": ${reason}`, { location, operation: "route" });
}
