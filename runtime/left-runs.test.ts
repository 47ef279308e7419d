/** Runs that are left to other workers come back once their time is over, however many they are. */
import { expect, it } from "vitest";
import { LeftRuns } from "./left-runs.ts";
import type { Claim } from "./store.ts";
import { VirtualClock } from "./testing/virtual-clock.ts";

const claim = (run: string, frame = "F", functionId = "f") => ({ run, frame, functionId }) as Claim;

it("leaves a run for its time, and then no more", async () => {
  const clock = new VirtualClock(0);
  const left = new LeftRuns(clock, 60_000);
  expect(left.leave(claim("r"))).toBe(true);
  expect(left.among(["f", "g"])).toEqual({ functions: ["f", "g"], except: ["r"] });
  await clock.until(60_000);
  expect(left.among(["f"])).toEqual({ functions: ["f"], except: [] });
  expect(left.leave(claim("r"))).toBe(false);
});

it("leaves it anew when somebody has taken it on meanwhile", async () => {
  const clock = new VirtualClock(0);
  const left = new LeftRuns(clock, 60_000);
  expect(left.leave(claim("r", "one"))).toBe(true);
  await clock.until(60_000);
  expect(left.leave(claim("r", "two"))).toBe(true);
});

it("claims nothing more of a function that has very many", () => {
  const left = new LeftRuns(new VirtualClock(0), 60_000);
  for (let n = 0; n < 1_000; n++) left.leave(claim(`r${n}`));
  left.leave(claim("other", "F", "g"));
  expect(left.among(["f", "g"]).functions).toEqual(["g"]);
});

it("leaves none when it is to block at once", () => {
  expect(new LeftRuns(new VirtualClock(0), 0).leave(claim("r"))).toBe(false);
});
