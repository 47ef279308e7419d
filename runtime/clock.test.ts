import { afterEach, expect, it, vi } from "vitest";
import { SystemClock } from "./clock.ts";

afterEach(() => vi.restoreAllMocks());

/** The machine's clock is moved by so many milliseconds from now on. */
function moveClock(ms: number): void {
  const real = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => real() + ms);
}

it("waits until the time has come", async () => {
  const clock = new SystemClock();
  const at = clock.now() + 20;
  await clock.until(at);
  expect(clock.now()).toBeGreaterThanOrEqual(at);
});

it("is not held up when the machine's clock is set back", async () => {
  const clock = new SystemClock();
  const waiting = clock.until(clock.now() + 20);
  moveClock(-3_600_000);
  await waiting;
});

it("ends when it is aborted", async () => {
  const stop = new AbortController();
  const waiting = new SystemClock().until(Number.POSITIVE_INFINITY, stop.signal);
  stop.abort();
  await waiting;
});
