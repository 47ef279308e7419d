/** What a test says of a run, and what it gets to know of it. */
import type { Logger, RunnableFunction } from "../engine/contract.ts";
import type { RunStatus } from "../store.ts";

/** Options of a test runtime. */
export interface TestRuntimeOptions {
  /**
   * When the run is dropped from memory and loaded again from its stored text: never (default), whenever it is parked,
   * or at random parks.
   */
  readonly reload?: "never" | "every-park" | "random";
  /** Of the random reloads; the same seed reloads at the same parks. Default 1. */
  readonly seed?: number;
  /**
   * How long a run may be in an ordinary await while what came for it waits, in milliseconds of real time: it is blocked
   * then. It stands in for the `parkTimeout` of functions. Default 4,000; Infinity for ever.
   */
  readonly parkTimeoutMs?: number;
  /**
   * For how long the virtual clock stands while the callback of a step runs, in milliseconds of real time: a callback that
   * calls something real is not overtaken by its `timeout`, nor by a sleep beside it. Default 1,000.
   */
  readonly callbackMs?: number;
  /** Gets what handlers and the engine log. Default: nothing is printed. */
  readonly logger?: Logger;
}

/** The event that starts the run. */
export interface TestEvent {
  readonly name: string;
  readonly data?: unknown;
  readonly id?: string;
  /** Milliseconds since the epoch, when the virtual clock starts. Default 0. */
  readonly ts?: number;
}

/** One attempt of a step. */
export interface StepCall {
  readonly id: string;
  /** Earlier steps of the run with the same id. */
  readonly index: number;
  /** From 0. */
  readonly attempt: number;
  readonly input: readonly unknown[];
}

/** Steps by their id. What is left out is any: all steps of the id, all their attempts. */
export interface StepPlace {
  readonly id: string;
  readonly index?: number;
  readonly attempt?: number;
}

/** The outcome of a step: a value, or a function that returns or throws it. */
export type Mock = ((call: StepCall) => unknown) | object | string | number | bigint | boolean | null | undefined;

/** Attempts that fail. */
export interface FailingStep extends StepPlace {
  /** What they throw. Default: an Error that names the step. */
  readonly error?: unknown;
}

/** What comes to a run while it waits. */
interface Coming {
  readonly data?: unknown;
  /** Id of a wait, or a label: it comes once the run is parked there. Default: as soon as a wait for it has begun. */
  readonly when?: string;
}

export interface ComingEvent extends Coming {
  readonly name: string;
}

export interface ComingSignal extends Coming {
  readonly signal: string;
}

/** A wait that nothing in `events` or `signals` has met. */
export interface TestWait {
  readonly id: string;
  readonly index: number;
  readonly kind: "event" | "signal";
  /** Of the event or of the signal. */
  readonly name: string;
}

export interface TestRunOptions {
  /**
   * Stands in for the steps' callbacks: what it returns or throws is the outcome of the attempt; `real` runs the
   * callback, or what `mock` has for the step. With this, `mock`, `failAt` or `crashAt`, failures are retried as often as
   * the function says, in virtual time. Without them the callbacks run, and nothing is retried.
   */
  readonly steps?: (call: StepCall, real: () => unknown) => unknown;
  /**
   * Outcomes by step id, instead of the callbacks and of the runs of `step.invoke`: a value, or a function that is called
   * for each attempt.
   */
  readonly mock?: Readonly<Record<string, Mock>>;
  /** Attempts that fail before their callback is called. An id alone: all attempts of all steps of it. */
  readonly failAt?: string | FailingStep | readonly (string | FailingStep)[];
  /**
   * The process dies when such an attempt has ended and before its outcome is committed, once for each entry. A new one
   * goes on from the last commit; for it the attempt that was lost counts as one.
   */
  readonly crashAt?: string | StepPlace | readonly (string | StepPlace)[];
  /** Events that come while the run waits; each meets all waits that it fits, as `step.waitForEvent` says, and is gone. */
  readonly events?: readonly ComingEvent[];
  readonly signals?: readonly ComingSignal[];
  /**
   * Answers waits that nothing else has met: with an object, whose `data` come with the event or signal, or with null or
   * undefined. A wait that is not met times out, in virtual time: at once.
   */
  readonly respond?: (wait: TestWait) => { readonly data?: unknown } | null | undefined;
  /** Functions that `step.invoke` runs for real, with the same `steps`, `mock`, `respond` and `functions`. */
  readonly functions?: readonly RunnableFunction[];
  /** Id of a wait, or a label: the run is cancelled once it is parked there. */
  readonly cancelAt?: string;
  /** Told when the handler has ended, with how much of the trace there is. Branches that are left unwind behind that. */
  readonly onHandlerEnd?: (traced: number) => void;
}

/** One attempt that ended. */
export interface TraceEntry {
  /** `step` or `sleep`. */
  readonly kind: string;
  readonly id: string;
  readonly index: number;
  readonly attempt: number;
  readonly outcome: { readonly ok: unknown } | { readonly error: unknown };
}

export interface TestRun {
  /** `running` means that the run is parked and nothing can wake it. */
  readonly status: RunStatus;
  readonly output: unknown;
  /** What failed the run, or a BackstitchError that says why it is blocked or cannot go on. */
  readonly error: unknown;
  /** What it was rolling back for, or cleaning up behind, when that failed with `error`: the latest first. */
  readonly handling: readonly unknown[];
  /** Attempts in the order in which they ended. Those whose outcome was lost in a crash are not in it. */
  readonly trace: readonly TraceEntry[];
  /** How often the run was parked. */
  readonly parks: number;
}
