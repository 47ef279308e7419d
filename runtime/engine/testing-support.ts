/** For the engine's own tests: functions in emitted form, written by hand, and runs of them under every reload mode. */
import { expect } from "vitest";
import { encode } from "../codec/index.ts";
import { $, type Frame } from "../internal.ts";
import { CODE_FORMAT, type FrameLayout } from "../manifest.ts";
import type { Claim, Commit } from "../store.ts";
import { createTestRuntime, type TestRun, type TestRunOptions } from "../testing/index.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import type { Untyped } from "../types.ts";
import type { DriverHost, RunnableFunction } from "./contract.ts";

type Body = (frame: Frame, ...args: Untyped[]) => Promise<unknown>;

/** A durable function as the compiler would emit it. */
export function emitted(code: string, layout: FrameLayout, body: Body): (...args: Untyped[]) => Untyped {
  return $.durable({ code, hash: "", format: CODE_FORMAT, ...layout }, body);
}

/** A handler as `createFunction` would give it back. */
export function handler(code: string, layout: FrameLayout, body: Body, retries = 4): RunnableFunction {
  return { id: code, retries, handler: emitted(code, layout, body) };
}

/** A claim of a run that has not begun. */
export function newClaim(data: unknown = {}, changes: Partial<Claim> = {}): Claim {
  const event = { id: "e", app: "a", name: "test", data: encode(data), receivedAt: 0 };
  const claim = { run: "run", functionId: "fn", epoch: 1, seq: 0, frame: null, event, lostClaims: 0, createdAt: 0 };
  return { ...claim, mail: [], ...changes };
}

/** A driver's host whose clock jumps, whose retries come after a minute, and that holds runs for ever. */
export function memoryHost(write: (commit: Commit) => unknown): DriverHost {
  return {
    clock: new VirtualClock(1_000),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    commit: async (commit) => {
      write(commit);
      return "ok";
    },
    retryDelay: () => 60_000,
    draining: () => false,
    signal: new AbortController().signal,
    holdMs: Number.POSITIVE_INFINITY,
  };
}

type Modes = readonly { readonly reload: "never" | "every-park" | "random"; readonly seed?: number }[];
const modes: Modes = [
  { reload: "never" },
  { reload: "every-park" },
  { reload: "random", seed: 1 },
  { reload: "random", seed: 7 },
];

/** Runs under every reload mode, expects the same of all, and gives that run. */
export async function runAll(fn: RunnableFunction, data: unknown, options?: () => TestRunOptions): Promise<TestRun> {
  const runs: TestRun[] = [];
  for (const mode of modes) {
    runs.push(await createTestRuntime(mode).run(fn, { name: "test", data }, options?.()));
  }
  const [first, ...others] = runs as [TestRun, ...TestRun[]];
  for (const other of others) expect(other).toEqual(first);
  return first;
}

/** The attempts as text: `charge#0 ok`, `charge#1 failed`. */
export function attempts(run: TestRun): string[] {
  return run.trace.map(({ id, attempt, outcome }) => `${id}#${attempt} ${"ok" in outcome ? "ok" : "failed"}`);
}
