import { describe, expect, it } from "vitest";
import {
  calls,
  caughtTwice,
  cursors,
  iterationRecords,
  keyCursor,
  nestedLoops,
  opaqueLoop,
  pendingCompletion,
  switchAndIf,
} from "./control-flow.emitted.ts";
import { attempts, runAll } from "./testing-support.ts";

const down = () => ({
  steps: ({ id }: { id: string }, real: () => unknown) => {
    if (id === "a") throw new Error("a is down");
    return real();
  },
});

describe("scopes", () => {
  it("gives each iteration a record of its own, shared by its closures", async () => {
    const run = await runAll(iterationRecords, {});
    expect(run.output).toEqual({ seen: [0, 1, 2], read: [1, undefined, 12, undefined, 23, undefined] });
  });
});

describe("try", () => {
  it("enters a catch again at its second suspension, with its error", async () => {
    const run = await runAll(caughtTwice, {}, down);
    expect(run.output).toEqual(["b", "a is down", "finally"]);
  });

  it("runs a native finally once", async () => {
    expect((await runAll(caughtTwice, {})).output).toEqual(["a", "finally"]);
  });

  it.each([
    ["return", ["body"]],
    ["break", ["body", "cleanup", "after"]],
    ["end", ["body", "to the end", "cleanup", "after"]],
  ])("keeps a pending %s across the suspension of its finally", async (how, output) => {
    expect(await runAll(pendingCompletion, { how })).toMatchObject({ status: "completed", output });
  });

  it("keeps a pending throw, and does not retry what it read from a committed frame", async () => {
    const run = await runAll(pendingCompletion, { how: "throw" }, () => ({ steps: (_call, real) => real() }));
    expect(run).toMatchObject({ status: "failed", parks: 2 });
    expect(run.error).toBeInstanceOf(RangeError);
    expect(attempts(run)).toEqual(["body#0 ok", "cleanup#0 ok"]);
  });
});

describe("switch and if", () => {
  it.each([
    [1, ["one", "two", "else"], []],
    [2, ["two", "then"], []],
    [3, ["three", "then"], ["third"]],
    [0, ["default", "else"], []],
  ])("takes the clause of %i", async (n, log, asked) => {
    expect((await runAll(switchAndIf, { n })).output).toEqual({ log, asked });
  });
});

describe("cursors", () => {
  it("reads the length of an array at each turn", async () => {
    const run = await runAll(cursors, { source: ["a", "b", "c"] });
    expect(run.output).toMatchObject({ seen: ["a", "b", "c", "pushed"] });
  });

  it("walks a Map with its changes", async () => {
    const source = new Map<string, unknown>([
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ]);
    expect((await runAll(cursors, { source })).output).toMatchObject({
      seen: [
        ["a", 1],
        ["c", 3],
        ["z", 26],
        ["a", "again"],
      ],
    });
  });

  it("walks a Set with its changes", async () => {
    const run = await runAll(cursors, { source: new Set(["v", "x", "y"]) });
    expect(run.output).toMatchObject({ seen: ["v", "y", "w", "x"] });
  });

  it("walks typed arrays and the code points of strings", async () => {
    expect((await runAll(cursors, { source: new Uint8Array([3, 4]) })).output).toMatchObject({ seen: [3, 4] });
    expect((await runAll(cursors, { source: "a😀\ud800b" })).output).toMatchObject({
      seen: ["a", "😀", "\ud800", "b"],
    });
  });

  it("throws a TypeError for what is not iterable", async () => {
    expect(await runAll(cursors, { source: 5 })).toMatchObject({ status: "failed", error: expect.any(TypeError) });
  });

  it("takes the keys of the start, without deleted ones", async () => {
    expect((await runAll(keyCursor, { object: { b2: 0, a: 1, b: 2, 7: 3 } })).output).toEqual(["7", "b2", "a"]);
    expect((await runAll(keyCursor, { object: null })).output).toEqual([]);
  });

  it("closes an opaque iterator as the language does, and blocks a run that suspends inside its loop", async () => {
    expect((await runAll(opaqueLoop, {})).output).toEqual({ seen: ["a", "b"], closed: true });
    const run = await runAll(opaqueLoop, { suspend: true });
    expect(run).toMatchObject({ status: "blocked", error: { code: "BS2102" } });
    expect((run.error as Error).message).toMatch(/the loop "letter".*"visit"/);
  });

  it("begins an inner loop again for each outer item", async () => {
    expect((await runAll(nestedLoops, {})).output).toEqual(["x1", "x2", "y1", "y2", "end"]);
  });
});

describe("durable calls", () => {
  it("nest, take closures, return handles, and fail into the caller's catch", async () => {
    const run = await runAll(calls, { suffix: "!" });
    expect(run).toMatchObject({ status: "completed", output: { result: "<<1!>!>", caught: "a bad leaf" } });
    expect(attempts(run)).toEqual(["leaf#0 ok", "second#0 ok", "leaf#0 ok", "leaf#0 ok", "last#0 ok"]);
  });
});
