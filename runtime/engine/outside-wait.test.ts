import { expect, it } from "vitest";
import type { Activation } from "./activation.ts";
import type { DriverHost, RunnableFunction } from "./contract.ts";
import { OutsideWait } from "./outside-wait.ts";

const never = Number.POSITIVE_INFINITY;
const withOp = (op: { readonly dueAt: number; readonly running: boolean }) => {
  return { ops: new Map([[1, op]]) } as unknown as Activation;
};

/** With a clock that a test sets, and another one for ordinary awaits if it says so. */
function waitOf(parts: Partial<DriverHost> = {}) {
  const time = { now: 0 };
  const clock = { now: () => time.now, until: async () => {} };
  const outside = new OutsideWait({ parkTimeoutMs: 100 } as RunnableFunction, {
    ...({ parkTimeoutMs: 300, clock } as unknown as DriverHost),
    ...parts,
  });
  const until = (activation: Activation, now: number) => {
    time.now = now;
    return outside.until(activation, false, never, now);
  };
  return { outside, clock, until };
}

it("waits for what is not due yet, and from then on as long as it may", () => {
  const { until, clock } = waitOf();
  const sleeps = withOp({ dueAt: 11, running: false });
  expect(until(sleeps, 10)).toEqual({ at: 11 });
  // It came due before anybody looked again: it begins to wait now.
  expect(until(sleeps, 12)).toEqual({ at: 112, by: clock });
  expect(until(sleeps, 111)).toEqual({ at: 112, by: clock });
  expect(until(sleeps, 112)).toBe("over");
});

it("counts anew when the code has come back meanwhile", () => {
  const { outside, until, clock } = waitOf();
  const sleeps = withOp({ dueAt: 0, running: false });
  expect(until(sleeps, 10)).toEqual({ at: 110, by: clock });
  outside.over();
  expect(until(sleeps, 90)).toEqual({ at: 190, by: clock });
});

it("counts by a clock of its own while that of the run jumps", () => {
  const outsideClock = { now: () => 7_000, until: async () => {} };
  const { until } = waitOf({ outsideClock });
  const sleeps = withOp({ dueAt: 0, running: false });
  for (const now of [10, 1_000_000]) expect(until(sleeps, now)).toEqual({ at: 7_100, by: outsideClock });
});

it("waits for ever where nothing can come", () => {
  expect(waitOf().until(withOp({ dueAt: 0, running: true }), 10)).toBeUndefined();
});
