import { beforeEach, describe, expect, it } from "vitest";
import { BackstitchError } from "../faults.ts";
import {
  awaitedLater,
  chained,
  combined,
  endsEarly,
  inFlight,
  mapped,
  nativeMap,
  nestedClosures,
  ownThis,
  plainCallback,
  raceOnce,
  recursion,
  unobserved,
  unseenThis,
} from "./handles.emitted.ts";
import { attempts, runAll } from "./testing-support.ts";

const failed = (message: string) => expect.objectContaining({ message });

describe("a stored handle", () => {
  it("is awaited later, twice, or never", async () => {
    const run = await runAll(awaitedLater, {});
    expect(run).toMatchObject({ status: "completed", output: ["b", { name: "a" }, true, true] });
    expect(attempts(run)).toEqual(["b#0 ok", "never#0 failed", "c#0 ok", "a#0 ok"]);
  });
});

describe("combinations", () => {
  it.each([
    ["all", ["a", 5, ["b", "c"], "native"]],
    ["allBad", failed("b")],
    [
      "settled",
      [
        { status: "fulfilled", value: "a" },
        { status: "rejected", reason: failed("b") },
        { status: "rejected", reason: 7 },
        { status: "fulfilled", value: "v" },
      ],
    ],
    ["any", "b"],
    ["anyBad", expect.objectContaining({ name: "AggregateError", errors: [failed("a"), failed("b")] })],
    ["race", "quick"],
    ["raceTimeout", undefined],
    ["raceValue", 1],
    ["raceQuickNative", "native"],
    ["notIterable", expect.any(TypeError)],
  ])("%s", async (kind, result) => {
    const run = await runAll(combined, { kind });
    expect(run).toMatchObject({ status: "completed", output: { result } });
  });

  it("are decided once", async () => {
    expect((await runAll(raceOnce, {})).output).toEqual(["b", true]);
  });

  it("block a race that waits for an ordinary promise", async () => {
    const run = await runAll(combined, { kind: "raceNative" });
    expect(run).toMatchObject({ status: "blocked", error: { code: "BS2110" } });
    expect((run.error as Error).message).toMatch(/step\.sleep.*step\.run/);
  });
});

describe("derived handles", () => {
  it.each([
    ["then", "a!!", ["more a", "more a!", "a!!"]],
    ["caught", "bad!", ["bad", "bad!"]],
    ["ignored", undefined, [undefined]],
    ["finally", "a", ["tidy 0", "a"]],
    ["finallyBad", "bad!", ["tidy 0", "bad", "bad!"]],
    ["finallyThrows", "thrown!", ["thrown", "thrown!"]],
    ["notCallable", "a", ["a"]],
    ["native", "a natively", ["a natively"]],
    ["settled", "3!", ["more 3", "3!"]],
  ])("%s", async (kind, result, log) => {
    const run = await runAll(chained, { kind });
    expect(run).toMatchObject({ status: "completed" });
    expect(run.output).toEqual({ result, log });
  });

  it("reject when a callback gives the handle itself", async () => {
    const run = await runAll(chained, { kind: "self" });
    expect(run).toMatchObject({ status: "failed", error: expect.any(TypeError) });
  });

  it("block the run when a callback cannot be stored, naming it", async () => {
    const run = await runAll(plainCallback, {});
    expect(run).toMatchObject({ status: "blocked", error: { code: "BS2102" } });
    expect((run.error as Error).message).toMatch(/the `then` of step\.run\("a"\).*a function/);
  });

  it("run their callbacks although nobody waits", async () => {
    const run = await runAll(unobserved, {});
    expect(run).toMatchObject({ status: "completed", output: ["s"] });
    expect(attempts(run)).toContain("more#0 ok");
  });
});

describe("durable closures", () => {
  it("share a variable and are called side by side", async () => {
    const run = await runAll(nestedClosures, { items: [1, 2, 3] });
    expect(run.output).toEqual({ results: [10, 20, 30], count: 6, seen: [10, 20, 30] });
  });

  it("have a name, a `this` and the arguments they declare", async () => {
    expect((await runAll(ownThis, {})).output).toEqual([["me", "x"], "named"]);
  });

  it("do not keep a `this` that they do not look at", async () => {
    expect((await runAll(unseenThis, {})).output).toBe(1);
  });

  it("call one another a thousand deep", async () => {
    const run = await runAll(recursion, { depth: 1_000 });
    expect(run).toMatchObject({ status: "completed", output: "bottom", parks: 1 });
  });
});

describe("code that is not compiled", () => {
  it("may call a durable closure that awaits ordinary promises", async () => {
    expect((await runAll(nativeMap, {})).output).toEqual([2, 4, 6, 8]);
  });

  it("blocks the run when it waits for a step, and proposes step.map", async () => {
    const run = await runAll(nativeMap, { steps: true });
    expect(run).toMatchObject({ status: "blocked", error: { code: "BS2101" } });
    expect(run.error).toBeInstanceOf(BackstitchError);
    expect((run.error as Error).message).toMatch(/the call of native-map\/mapper.*step\.map\(/);
  });
});

describe("step.map", () => {
  beforeEach(() => Object.assign(inFlight, { now: 0, most: 0, begun: [] }));

  it("keeps to its concurrency and gives results in order", async () => {
    const run = await runAll(mapped, { items: new Set([5, 6, 7, 8, 9]), options: { concurrency: 2 } });
    expect(run.output).toEqual([5, 6, 7, 8, 9].map((n, i) => [i, n]));
    expect(inFlight.most).toBe(2);
  });

  it("begins all at once by default", async () => {
    expect((await runAll(mapped, { items: [1, 2, 3] })).output).toHaveLength(3);
    expect(inFlight.most).toBe(3);
  });

  it("begins no new call after a failure", async () => {
    const run = await runAll(mapped, { items: [1, 2, 3, 4], options: { concurrency: 1 }, fails: 2 });
    expect(run).toMatchObject({ status: "failed", error: { message: "no 2" } });
    expect(new Set(inFlight.begun)).toEqual(new Set([1, 2]));
  });

  it.each([0, 1.5, "2", Number.NaN])("refuses a concurrency of %s", async (concurrency) => {
    const run = await runAll(mapped, { items: [1], options: { concurrency } });
    expect(run).toMatchObject({ status: "failed", error: expect.any(TypeError) });
    expect((run.error as Error).message).toMatch(/step\.map: `concurrency` is .*at least 1/);
  });

  it("takes a function without steps, and no items", async () => {
    expect((await runAll(mapped, { items: [1, 2], plain: true })).output).toEqual([1, 3]);
    expect((await runAll(mapped, { items: [] })).output).toEqual([]);
  });
});

describe("a handler that has ended", () => {
  it("lets steps finish, drops sleeps, and delivers nothing more", async () => {
    const run = await runAll(endsEarly, {});
    expect(run).toMatchObject({ status: "completed", output: "ended" });
    expect(attempts(run)).toEqual(["branch#0 ok"]);
  });
});
