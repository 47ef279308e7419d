import { expect, test } from "vitest";
import type { Logger } from "./engine/contract.ts";
import { type Backoff, retrySchedule } from "./retry.ts";

const logged: unknown[][] = [];
const log = (...args: unknown[]) => void logged.push(args);
const logger: Logger = { debug: log, info: log, warn: log, error: log };

const noJitter = () => 0;
const delays = (backoff: Backoff | undefined, count: number) =>
  Array.from({ length: count }, (_, index) => retrySchedule(backoff, logger, noJitter)(index + 1));

test("the default schedule grows to two hours and stays there", () => {
  const seconds = [15, 30, 60, 120, 300, 600, 1_200, 2_400, 3_600, 7_200, 7_200, 7_200];
  expect(delays(undefined, 12)).toEqual(seconds.map((s) => s * 1_000));
});

test("the default schedule has up to 30 seconds of jitter", () => {
  expect(retrySchedule(undefined, logger, () => 0.5)(1)).toBe(30_000);
});

test("a list is taken in order, without jitter, and its last delay repeats", () => {
  expect(delays(["1s", 5, "2m"], 5)).toEqual([1_000, 5, 120_000, 120_000, 120_000]);
  expect(retrySchedule([7], logger, () => 1)(1)).toBe(7);
});

test("a function is asked with the number of the retry", () => {
  expect(delays((attempt) => attempt * 10 - 15, 3)).toEqual([0, 5, 15]);
});

test.each([
  () => Number.NaN,
  () => {
    throw new Error("no");
  },
])("a function that fails is reported and replaced by the default", (backoff) => {
  logged.length = 0;
  expect(delays(backoff, 1)).toEqual([15_000]);
  expect(String(logged[0]?.at(-1))).toContain("backoff(1)");
});

test.each([[[]], ["1s"], [{}]])("backoff %j is refused", (backoff) => {
  expect(() => retrySchedule(backoff as never, logger, noJitter)).toThrow(/`backoff` of new Backstitch\(\).*BS2013/);
});

test("a delay that cannot be read is named by its place", () => {
  expect(() => retrySchedule(["1s", "later"], logger, noJitter)).toThrow(/`backoff\[1\]` of .* was given "later"/);
});
