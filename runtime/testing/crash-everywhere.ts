/**
 * Runs a function with a crash at every point of it, as it is and with each of its steps failing, and holds every run to
 * the one that did not crash.
 *
 * The points are the commits of a run: a process dies in front of one, so that the outcomes in it are lost and their
 * attempts run again, or behind it, where the run is parked and what it waits for has not begun.
 */
import { isDeepStrictEqual } from "node:util";
import type { RunnableFunction } from "../engine/contract.ts";
import { CancelledError } from "../errors.ts";
import { type CommitPoint, MemoryRun, type RunParts, runParts } from "./memory-run.ts";
import { placesOf } from "./script.ts";
import { shownTrace, shownValue } from "./show.ts";
import type { FailingStep, TestEvent, TestRun, TestRunOptions, TraceEntry } from "./test-run.ts";

export interface CrashEverywhereOptions extends Omit<TestRunOptions, "crashAt" | "onHandlerEnd"> {
  /** Called before each run: puts back what callbacks changed. */
  readonly prepare?: () => void | Promise<void>;
  /** Called after each run: what must be the same besides, e.g. the rows that are left. A copy is taken by the caller. */
  readonly observe?: () => unknown;
}

/** What was run. */
export interface CrashReport {
  /** Runs with a crash. */
  readonly crashes: number;
  /** Steps that failed, one at a time. */
  readonly failures: number;
}

/** A run with a crash went another way than the one without; or that one is blocked. */
export class CrashDifference extends Error {
  /** Of the run without a crash, and of the one with it. For runners that show both. */
  readonly expected: unknown;
  readonly actual: unknown;
  readonly code = "ERR_ASSERTION";

  constructor(message: string, expected: unknown, actual: unknown) {
    super(message);
    this.name = "AssertionError";
    this.expected = expected;
    this.actual = actual;
  }
}

/** What is compared of a run. */
interface Seen {
  readonly status: TestRun["status"];
  readonly output: unknown;
  readonly error: unknown;
  readonly trace: readonly Omit<TraceEntry, "attempt">[];
  /** The handler ended before all its steps. How far they come then is a matter of time. */
  readonly left: boolean;
  readonly observed: unknown;
}

interface Scenario {
  readonly fn: RunnableFunction;
  readonly event: TestEvent;
  readonly options: CrashEverywhereOptions;
  /** The step that fails, in words. */
  readonly failing: string;
}

/** A run without a crash. */
interface Reference {
  readonly seen: Seen;
  readonly commits: readonly string[];
  /** No two attempts ran beside one another, so that their order is the program's. */
  readonly isSequential: boolean;
}

type Crash = { readonly number: number; readonly side: "before" | "after" };

/**
 * Nothing is retried by itself: a step fails with its first attempt, and a crash is no attempt. Steps that a crash
 * interrupted run again, as they would in a worker, so `mock` those whose callbacks must not.
 *
 * Compared are the status, the output, the error, what `observe` gives, and the last outcome of each step in the trace.
 * Where steps ran beside one another, their order is not compared; if the handler ended before all of them were over,
 * neither is which of them ran, since that is a matter of time.
 *
 * @throws CrashDifference an assertion error that says where the process died, what failed, and what differs; or by what the run
 *   is blocked that does not die
 * @example
 * await crashEverywhere(addData, { name: "app/row.data.added", data: { rowId: 7 } }, { mock: { "create-row": { id: 7 } } });
 */
export async function crashEverywhere(
  fn: RunnableFunction,
  event: TestEvent,
  options: CrashEverywhereOptions = {},
): Promise<CrashReport> {
  const once = { ...fn, retries: 0 };
  const usual: Scenario = { fn: once, event, options, failing: "no step failing" };
  const { seen, crashes } = await crashEach(usual);
  const steps = seen.trace.filter(({ kind }) => kind === "step" || kind === "fetch");
  let all = crashes;
  for (const { id, index } of steps) {
    const failing = `step ${JSON.stringify(id)}${index > 0 ? ` (${index + 1}th of its id)` : ""} failing`;
    const failAt: FailingStep[] = [...placesOf(options.failAt), { id, index }];
    all += (await crashEach({ ...usual, options: { ...options, failAt }, failing })).crashes;
  }
  return { crashes: all, failures: steps.length };
}

/** One program, with a crash at each of its points. */
async function crashEach(scenario: Scenario): Promise<{ readonly seen: Seen; readonly crashes: number }> {
  const reference = await runWithout(scenario);
  let crashes = 0;
  for (const number of reference.commits.keys()) {
    for (const side of ["before", "after"] as const) {
      // Behind the last one the run has ended.
      if (side === "after" && number === reference.commits.length - 1) continue;
      await crashOnce(scenario, reference, { number, side });
      crashes++;
    }
  }
  return { seen: reference.seen, crashes };
}

async function runWithout(scenario: Scenario): Promise<Reference> {
  const commits: string[] = [];
  const running = new Set<string>();
  let isSequential = true;
  const seen = await see(scenario, {
    crash(point) {
      commits.push(placeOf(point));
      return undefined;
    },
    onBegin({ id, index }) {
      running.add(`${index} ${id}`);
      if (running.size > 1) isSequential = false;
    },
    onEnd: ({ id, index }) => running.delete(`${index} ${id}`),
  });
  if (seen.status === "blocked") throw blocked(scenario, seen);
  return { seen, commits, isSequential };
}

/** It would be blocked with every crash as well, and nothing would differ. */
function blocked({ fn, failing }: Scenario, seen: Seen): CrashDifference {
  const why = seen.error instanceof Error ? seen.error.message : shownValue(seen.error);
  const text = `Function "${fn.id}" is blocked without any crash, with ${failing}.\n${why}\n\n${shownTrace(seen.trace)}`;
  return new CrashDifference(text, undefined, seen);
}

async function crashOnce(scenario: Scenario, reference: Reference, { number, side }: Crash): Promise<void> {
  let place = "";
  const seen = await see(scenario, {
    crash(point) {
      if (point.number !== number) return undefined;
      place = placeOf(point);
      return side;
    },
  });
  const difference = differenceOf(reference, seen);
  if (difference === undefined) return;
  const where = `${side === "before" ? "just before" : "just after"} ${place || reference.commits[number]} was committed`;
  const traces = `Without the crash:\n${shownTrace(reference.seen.trace)}\nWith it:\n${shownTrace(seen.trace)}`;
  throw new CrashDifference(
    `Function "${scenario.fn.id}" went another way when its process died ${where}, with ${scenario.failing}.\n${difference}\n\n${traces}`,
    reference.seen,
    seen,
  );
}

type Watch = Pick<RunParts, "crash" | "onBegin" | "onEnd">;

async function see({ fn, event, options }: Scenario, watch: Watch): Promise<Seen> {
  const { prepare, observe, ...runOptions } = options;
  let left = false;
  const onHandlerEnd = (isLeft: boolean) => {
    left = isLeft;
  };
  await prepare?.();
  const parts = { ...runParts({}), onHandlerEnd, ...watch };
  const run = new MemoryRun(fn, event, parts, runOptions);
  const { status, output, error, trace } = await run.drive();
  const last = new Map<string, Omit<TraceEntry, "attempt">>();
  for (const { attempt: _, ...entry } of trace) {
    const key = keyOf(entry);
    last.delete(key);
    last.set(key, entry.kind === "send" ? withoutIds(entry) : entry);
  }
  return { status, output, error, trace: [...last.values()], left, observed: observe?.() };
}

/** Events that are sent get random ids. */
function withoutIds(entry: Omit<TraceEntry, "attempt">): Omit<TraceEntry, "attempt"> {
  return "ok" in entry.outcome ? { ...entry, outcome: { ok: "sent" } } : entry;
}

/** What a commit holds, in words. */
function placeOf({ number, commit: { status, label }, outcomes }: CommitPoint): string {
  if (outcomes.length > 0) return `the outcome of ${outcomes.map(({ id }) => JSON.stringify(id)).join(", ")}`;
  if (status !== "running") return "the end of the run";
  return label === null ? `commit ${number + 1}` : `the park at ${JSON.stringify(label)}`;
}

function differenceOf(reference: Reference, actual: Seen): string | undefined {
  const expected = reference.seen;
  for (const part of ["status", "output", "error", "observed"] as const) {
    if (isDeepStrictEqual(actual[part], expected[part])) continue;
    const name = part === "observed" ? "what `observe` gives" : `the ${part}`;
    return `It differs in ${name}: ${shownValue(actual[part])} instead of ${shownValue(expected[part])}.`;
  }
  const [wanted, got] = comparable(reference, actual);
  const at = [...wanted, ...got].findIndex((_, n) => !isDeepStrictEqual(wanted[n], got[n]));
  if (at < 0) return undefined;
  const [missing, there] = [wanted[at], got[at]].map((entry) => (entry ? shownTrace([entry]).trim() : "nothing"));
  return `It differs in the trace: ${there} instead of ${missing}.`;
}

/** What the traces of both must have in common, in an order in which it can be compared. */
function comparable({ isSequential, seen }: Reference, actual: Seen): readonly [Seen["trace"], Seen["trace"]] {
  const left = seen.left || actual.left;
  if (isSequential && !left) return [seen.trace, actual.trace];
  const sorted = ({ trace }: Seen, other: Seen) => {
    const keys = new Set(other.trace.filter(isNotInterrupted).map(keyOf));
    const certain = left ? trace.filter((entry) => isNotInterrupted(entry) && keys.has(keyOf(entry))) : trace;
    return certain.toSorted((one, another) => (keyOf(one) < keyOf(another) ? -1 : 1));
  };
  return [sorted(seen, actual), sorted(actual, seen)];
}

/** A branch that the handler left may end by itself, or be interrupted when its process has died. */
function isNotInterrupted({ outcome }: Omit<TraceEntry, "attempt">): boolean {
  return !("error" in outcome && outcome.error instanceof CancelledError);
}

function keyOf({ id, index }: Omit<TraceEntry, "outcome" | "attempt">): string {
  return `${id} ${String(index).padStart(9, "0")}`;
}
