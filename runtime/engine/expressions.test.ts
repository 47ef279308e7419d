import { describe, expect, it } from "vitest";
import { registerClass } from "../codec/index.ts";
import type { Commit } from "../store.ts";
import { driveRun } from "./driver.ts";
import {
  beside,
  Cart,
  classes,
  closings,
  foreign,
  gates,
  methods,
  operands,
  optional,
  order,
  ownArguments,
  patterns,
  views,
} from "./expressions.emitted.ts";
import { memoryHost, newClaim, runAll } from "./testing-support.ts";

registerClass(Cart);

describe("methods whose arguments suspend", () => {
  it.each([
    ["closure", 4, undefined],
    ["list", 2, [1, 2]],
    ["text", "cdef", "abcdef"],
    ["object", false, { count: 1, plain: true }],
    ["missing", "TypeError: at is not a function", {}],
  ])("%s", async (kind, result, object) => {
    expect((await runAll(methods, { kind })).output).toEqual([result, object]);
  });

  it("are fetched again when they are no values of the run, and block it when that is not possible", async () => {
    expect((await runAll(foreign, { key: "add" })).output).toBe(3);
    const run = await runAll(foreign, { key: "found" });
    expect(run).toMatchObject({ status: "blocked", error: { code: "BS2102" } });
    expect((run.error as Error).message).toMatch(/the method found cannot be stored/);
  });

  it("throw at once on null", async () => {
    const run = await runAll(methods, { kind: "nothing" });
    expect(run.output).toEqual([expect.stringMatching(/^TypeError: Cannot read properties of null/), null]);
    expect(run.trace).toEqual([]);
  });

  it.each([
    [true, [4]],
    [false, [undefined]],
  ])("may be missing: %s", async (has, output) => {
    expect((await runAll(optional, { has })).output).toEqual(output);
  });
});

describe("operands", () => {
  it("that suspend are evaluated once each", async () => {
    const run = await runAll(operands, {});
    expect(run.output).toBe(30);
    expect(run.trace.map(({ id }) => id)).toEqual(["s1", "s2", "f"]);
  });
});

describe("views of collections", () => {
  it.each([
    [
      "entries",
      ["x", "y"],
      [
        [0, "x"],
        [1, "y"],
      ],
    ],
    ["keys", ["x", "y"], [0, 1]],
    ["values", new Set([1, 2]), [1, 2]],
    [
      "entries",
      new Set([1, 2]),
      [
        [1, 1],
        [2, 2],
      ],
    ],
    [
      "keys",
      new Map([
        ["a", 1],
        ["b", 2],
        ["c", 3],
      ]),
      ["a", "b", "c"],
    ],
    [
      "values",
      new Map([
        ["a", 1],
        ["b", 2],
      ]),
      [1, 2],
    ],
    ["values", new Uint8Array([7, 8]), [7, 8]],
  ])("%s of %s", async (view, of, output) => {
    expect((await runAll(views, { view, of })).output).toEqual(output);
  });
});

describe("patterns over iterators", () => {
  it.each([
    [{ iterable: [1, undefined, 3, 4], rest: true }, [1, "default", [3, 4]]],
    [{ iterable: [1, 2, 3], rest: true }, [1, 2, [3]]],
    [{ iterable: new Set([1]), rest: true }, [1, "default", []]],
    [{ iterable: "a", rest: false }, ["a", "default", undefined]],
  ])("%j", async (data, output) => {
    expect((await runAll(patterns, data)).output).toEqual(output);
  });

  it("close their iterator as the language does", async () => {
    expect((await runAll(closings, {})).output).toEqual([
      ...[1, 2, "return"],
      ...[1, undefined, undefined],
      "next threw",
      ...["return throws", "left"],
      "TypeError",
      [1, 2, 3],
      ...[["b"], 5, "5", "k", true],
      "TypeError",
    ]);
  });
});

describe("calls", () => {
  it("of methods keep `this`", async () => {
    expect((await runAll(classes, {})).output).toEqual([20, 3]);
  });

  it("keep their arguments object", async () => {
    expect((await runAll(ownArguments, {})).output).toEqual([true, "more", 1, true, "[object Arguments]"]);
  });
});

describe("those that wait for one handle", () => {
  it("go on in their order", async () => {
    expect((await runAll(order, {})).output).toEqual(["a", "s", "b", undefined, "c"]);
  });
});

describe("a step that ends beside an ordinary await", () => {
  it("is recorded at once and delivered later", async () => {
    const commits: Commit[] = [];
    const host = memoryHost((commit) => {
      commits.push(commit);
      if (commit.steps.some(({ id }) => id === "slow")) gates.outside.resolve(undefined);
    });
    expect(await driveRun(newClaim(), beside, host)).toBe("ended");
    expect(commits.map(({ status, steps }) => [status, ...steps.map(({ id }) => id)])).toEqual([
      ["running"],
      ["running", "quick"],
      ["running", "slow"],
      ["running"],
      ["completed"],
    ]);
    expect(commits[2]?.frame).toContain('"outcome":{"ok":true,"value":"slow"}');
  });
});
