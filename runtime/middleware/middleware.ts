/** What authors write: hooks around the functions, the steps and the sent events of a client. */
import type { DriveEnd } from "../engine/contract.ts";
import type { BackstitchEvent, SentEvent } from "../types.ts";

/** The run that a hook is called for. All hooks of one activation get the same object. */
export interface MiddlewareRun {
  readonly id: string;
  readonly functionId: string;
  /** What started it: a copy of its own, which the handler does not see. */
  readonly event: BackstitchEvent;
  /** The run whose `step.invoke` started it. */
  readonly parent?: string | undefined;
  /** The run of which it is a rerun or a fork. */
  readonly origin?: string | undefined;
}

/** One attempt of a step. */
export interface MiddlewareStep {
  readonly id: string;
  /** Number of the op in its run, from 1. */
  readonly op: number;
  /** `step` for `step.run`. */
  readonly kind: string;
  /** From 0. */
  readonly attempt: number;
  /** What the callback is given. */
  readonly input: readonly unknown[];
}

/** How a run ended, as it was stored. */
export interface RunEnd {
  readonly status: "completed" | "failed" | "cancelled";
  /** What the handler returned, if it is completed. */
  readonly output: unknown;
  /** What it failed with, if it is failed. */
  readonly error: unknown;
}

/** How an activation ended: the run has ended, waits outside of memory, is blocked, or was taken by another worker. */
export type ActivationEnd = DriveEnd;

type Maybe<Value> = Value | Promise<Value>;

/**
 * Hooks, given to a client (`new Backstitch({ middleware: [...] })`) or to one function (its option `middleware`). Of a
 * list the first is the outermost, and a client's are outside a function's. Hooks may be async. What one throws counts as
 * thrown by what it is around; docs/middleware.md says what that means for each.
 *
 * @example
 * const timing: Middleware = {
 *   name: "timing",
 *   async wrapStep({ step }, next) {
 *     const begun = performance.now();
 *     try { return await next(); }
 *     finally { histogram.record(performance.now() - begun, { step: step.id }); }
 *   },
 * };
 */
export interface Middleware {
  /** For messages. */
  readonly name: string;

  /**
   * Before the first code of a run, within `wrapFunction`. Again only when that code did not come to its first commit: it
   * threw, or the worker died.
   */
  onRunStart?(about: { readonly run: MiddlewareRun }): Maybe<void>;
  /** After the end of a run was stored. Not called when the process dies right then. What it throws is logged. */
  onRunEnd?(about: { readonly run: MiddlewareRun; readonly end: RunEnd }): Maybe<void>;
  /**
   * Around each activation: from when a worker takes the run until it lets it go, because the run has ended or waits. The
   * code of the run, its steps included, runs within `next`, so that an `AsyncLocalStorage` set here is seen there.
   * `resumed`: something of the run was stored before.
   */
  wrapFunction?(
    about: { readonly run: MiddlewareRun; readonly resumed: boolean },
    next: () => Promise<ActivationEnd>,
  ): Promise<unknown>;
  /**
   * Adds properties to the context of the handler; declare their types on `ContextExtension`. Called at each activation:
   * objects and functions are not stored but made again, as tools are. Other values stay what they were at the start.
   */
  transformContext?(about: { readonly run: MiddlewareRun }): Maybe<Readonly<Record<string, unknown>>>;

  /** Around each attempt of a step. `next` runs the callback; what this returns or throws is the outcome. */
  wrapStep?(
    about: { readonly run: MiddlewareRun; readonly step: MiddlewareStep },
    next: () => Promise<unknown>,
  ): Maybe<unknown>;
  /** What the callback of a step is given in place of its input. Called at each attempt, before `wrapStep`. */
  transformStepInput?(about: { readonly run: MiddlewareRun; readonly step: MiddlewareStep }): Maybe<readonly unknown[]>;
  /** What is stored in place of the step's output, and what the `await` gives. Called after `wrapStep`. */
  transformStepOutput?(about: {
    readonly run: MiddlewareRun;
    readonly step: MiddlewareStep;
    readonly output: unknown;
  }): Maybe<unknown>;

  /**
   * Around events that are sent. `next` stores those of `client.send()`. Those of `step.sendEvent`, for which `run` is given,
   * are stored with the outcome of the attempt of that step: when this throws behind `next`, nothing is sent.
   */
  wrapSend?(
    about: { readonly events: readonly SentEvent[]; readonly run?: MiddlewareRun },
    next: () => Promise<{ ids: string[] }>,
  ): Promise<{ ids: string[] }>;
  /** What is sent in place of the events, before `wrapSend`. `run` is given for those of `step.sendEvent`. */
  transformSend?(about: {
    readonly events: readonly SentEvent[];
    readonly run?: MiddlewareRun;
  }): Maybe<readonly SentEvent[]>;
}
