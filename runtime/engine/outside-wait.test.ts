import { expect, it } from "vitest";
import type { Activation } from "./activation.ts";
import type { DriverHost, RunnableFunction } from "./contract.ts";
import { OutsideWait } from "./outside-wait.ts";

const never = Number.POSITIVE_INFINITY;
const withOp = (op: { readonly dueAt: number; readonly running: boolean }) => {
  return { ops: new Map([[1, op]]) } as unknown as Activation;
};
const wait = () => new OutsideWait({ parkTimeoutMs: 100 } as RunnableFunction, { parkTimeoutMs: 300 } as DriverHost);

it("waits for what is not due yet, and from then on as long as it may", () => {
  const outside = wait();
  const sleeps = withOp({ dueAt: 11, running: false });
  expect(outside.until(sleeps, false, never, 10)).toBe(11);
  // It came due before anybody looked again: it begins to wait now.
  expect(outside.until(sleeps, false, never, 12)).toBe(112);
  expect(outside.until(sleeps, false, never, 111)).toBe(112);
  expect(outside.until(sleeps, false, never, 112)).toBe(0);
});

it("counts anew when the code has come back meanwhile", () => {
  const outside = wait();
  const sleeps = withOp({ dueAt: 0, running: false });
  expect(outside.until(sleeps, false, never, 10)).toBe(110);
  outside.over();
  expect(outside.until(sleeps, false, never, 90)).toBe(190);
});

it("waits for ever where nothing can come", () => {
  expect(wait().until(withOp({ dueAt: 0, running: true }), false, never, 10)).toBeUndefined();
});
