/**
 * The activation whose code is running now. Process-wide: one thread, and no segment is left in the middle.
 *
 * It is set during the whole synchronous run of a segment. A segment begins in `runIn`, or as a continuation behind an
 * `await`; there the promise itself sets it: of two reactions of one promise the second runs right after the first.
 */
import type { Activation } from "./activation.ts";

let ambient: Activation | undefined;

/** The activation on whose behalf code is running; undefined outside compiled code. */
export function ambientActivation(): Activation | undefined {
  return ambient;
}

/** Sets the activation and gives the one before, which must be set again. `runIn` without its place on the stack. */
export function makeAmbient(activation: Activation | undefined): Activation | undefined {
  const before = ambient;
  ambient = activation;
  return before;
}

/** Runs code as part of an activation, or as part of none. */
export function runIn<Result>(activation: Activation | undefined, run: () => Result): Result {
  const before = makeAmbient(activation);
  try {
    return run();
  } finally {
    ambient = before;
  }
}

/** Code suspends now. */
export function suspends(): void {
  ambient = undefined;
}

/** The code that awaits this promise at once suspends now, and goes on as part of the activation. */
export function suspended<Value>(activation: Activation, promise: Promise<Value>): Promise<Value> {
  suspends();
  promise.then(activation.goOn, activation.goOn);
  return promise;
}

/** A continuation follows as the very next job. It may end without another suspension, so the end is set up here. */
export function continues(activation: Activation): void {
  ambient = activation;
  queueMicrotask(ends);
}

function ends(): void {
  ambient = undefined;
}
