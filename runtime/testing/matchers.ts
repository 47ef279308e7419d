/**
 * Matchers for the runs of a test, in the form that `expect.extend` of vitest and jest takes. They need no test runner:
 * `backstitch/testing/vitest` gives them to vitest.
 */
import { isDeepStrictEqual } from "node:util";
import { shownTrace, shownValue } from "./show.ts";
import type { TestRun, TraceEntry } from "./test-run.ts";

export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** Which attempts of a step count. */
export interface RanStep {
  /** How many attempts ended, of all steps of the id. Default: at least one. */
  readonly times?: number;
  /** From 0. Default: any. */
  readonly attempt?: number;
}

/** The matchers, as they are called on what `expect(run)` gives. */
export interface RunMatchers<Result = unknown> {
  /**
   * The steps completed after the first failure of the run, in this order; other steps may come between them. The first
   * failure is the first step whose last attempt failed. In a run without one, whose own code threw or which was
   * cancelled, the steps completed in this order, and the run did not complete.
   *
   * @example expect(run).toHaveRolledBack("refund", "release-seat");
   */
  toHaveRolledBack(...ids: string[]): Result;
  /** Attempts of the step ended, whether they completed or failed, really or by `mock` and `failAt`. */
  toHaveRunStep(id: string, options?: RanStep): Result;
  /** The run completed, with this output if one is given. */
  toHaveCompleted(output?: unknown): Result;
  /** The run failed, with an error whose message has this text or fits this expression, if one is given. */
  toHaveFailed(message?: string | RegExp): Result;
}

type Matchers = {
  [Name in keyof RunMatchers]: (run: TestRun, ...args: Parameters<RunMatchers[Name]>) => MatcherResult;
};

/**
 * @example
 * import { matchers } from "backstitch/testing";
 * expect.extend(matchers);
 */
export const matchers: Matchers = {
  toHaveRolledBack(run, ...ids) {
    checkRun(run, "toHaveRolledBack");
    if (ids.length === 0) throw new TypeError("toHaveRolledBack() needs the ids of the steps");
    const from = firstFailure(run.trace);
    const behind = run.trace.slice(from + 1).filter(({ outcome }) => "ok" in outcome);
    const missing = firstMissing(ids, behind);
    const failed = from >= 0 || (run.status !== "running" && run.status !== "completed");
    const why = failed ? `${JSON.stringify(missing)} did not complete in its place` : "nothing failed";
    const steps = ids.map((id) => JSON.stringify(id)).join(", ");
    return result(run, failed && missing === undefined, `have rolled back with ${steps}`, why);
  },
  toHaveRunStep(run, id, { times, attempt } = {}) {
    checkRun(run, "toHaveRunStep");
    const attempts = run.trace.filter((entry) => entry.id === id && entry.attempt === (attempt ?? entry.attempt));
    const pass = times === undefined ? attempts.length > 0 : attempts.length === times;
    const which = attempt === undefined ? "" : `, attempt ${attempt}`;
    const often = times === undefined ? "" : ` ${times} times`;
    return result(run, pass, `have run step ${JSON.stringify(id)}${which}${often}`, `it ran ${attempts.length} times`);
  },
  toHaveCompleted(run, ...expected) {
    checkRun(run, "toHaveCompleted");
    const isOutput = expected.length === 0 || isDeepStrictEqual(run.output, expected[0]);
    const wanted = expected.length === 0 ? "" : ` with ${shownValue(expected[0])}`;
    return result(run, run.status === "completed" && isOutput, `have completed${wanted}`, endOf(run));
  },
  toHaveFailed(run, message) {
    checkRun(run, "toHaveFailed");
    const text = run.error instanceof Error ? run.error.message : String(run.error);
    const fits = message === undefined || (typeof message === "string" ? text.includes(message) : message.test(text));
    const wanted = message === undefined ? "" : ` with ${shownValue(message)}`;
    return result(run, run.status === "failed" && fits, `have failed${wanted}`, endOf(run));
  },
};

/** Where the first step failed for good; -1 when none did. */
function firstFailure(trace: readonly TraceEntry[]): number {
  return trace.findIndex(
    (entry, at) =>
      "error" in entry.outcome &&
      !trace.slice(at + 1).some(({ id, index }) => id === entry.id && index === entry.index),
  );
}

/** The first of the ids that is not behind the one before it. */
function firstMissing(ids: readonly string[], trace: readonly TraceEntry[]): string | undefined {
  let from = 0;
  return ids.find((id) => {
    const at = trace.findIndex((entry, place) => place >= from && entry.id === id);
    from = at + 1;
    return at < 0;
  });
}

function endOf({ status, output, error }: TestRun): string {
  if (status === "completed") return `it completed with ${shownValue(output)}`;
  return error === undefined ? `it is ${status}` : `it is ${status}: ${shownValue(error)}`;
}

function result(run: TestRun, pass: boolean, expected: string, why: string): MatcherResult {
  const message = () => {
    const head = pass ? `expected the run not to ${expected}` : `expected the run to ${expected}, but ${why}`;
    return `${head}\n\nIts trace:\n${shownTrace(run.trace)}`;
  };
  return { pass, message };
}

function checkRun(run: unknown, matcher: string): void {
  if (typeof run === "object" && run !== null && "trace" in run && Array.isArray(run.trace)) return;
  throw new TypeError(`${matcher}() needs what the run of a test runtime gives; await it first`);
}
