/**
 * Runs compiled functions in memory, for tests: the real driver over a store of one run and a virtual clock.
 *
 * Nothing outlives a run, and nothing waits for real time but the callbacks themselves.
 */
import type { RunnableFunction } from "../engine/contract.ts";
import { MemoryRun, runParts } from "./memory-run.ts";
import type { TestEvent, TestRun, TestRunOptions, TestRuntimeOptions } from "./test-run.ts";

export { CrashDifference, type CrashEverywhereOptions, type CrashReport, crashEverywhere } from "./crash-everywhere.ts";
export { type MatcherResult, matchers, type RanStep, type RunMatchers } from "./matchers.ts";
export type {
  ComingEvent,
  ComingSignal,
  FailingStep,
  Mock,
  StepCall,
  StepPlace,
  TestEvent,
  TestRun,
  TestRunOptions,
  TestRuntimeOptions,
  TestWait,
  TraceEntry,
} from "./test-run.ts";

export interface TestRuntime {
  /** Runs a function from its start to its end. Runs do not see one another, and may run beside one another. */
  run(fn: RunnableFunction, event: TestEvent, options?: TestRunOptions): Promise<TestRun>;
}

/**
 * @example
 * const runtime = createTestRuntime({ reload: "every-park" });
 * const { status, output, trace } = await runtime.run(checkout, { name: "cart/paid", data: { cart: 7 } }, {
 *   mock: { reserve: { shelf: 3 } },
 *   failAt: "charge",
 * });
 */
export function createTestRuntime(options: TestRuntimeOptions = {}): TestRuntime {
  const parts = runParts(options);
  return { run: (fn, event, runOptions) => new MemoryRun(fn, event, parts, runOptions).drive() };
}
