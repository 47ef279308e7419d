import { beforeEach, describe, expect, it } from "vitest";
import { NonRetriableError, StepError } from "../errors.ts";
import { BackstitchError } from "../faults.ts";
import type { Commit } from "../store.ts";
import { createTestRuntime } from "../testing/index.ts";
import { driveRun } from "./driver.ts";
import {
  aliases,
  badOutput,
  brokenLocal,
  capturedWrites,
  earlyRead,
  lateStart,
  liveSocket,
  locals,
  plainCode,
  sleeps,
  socketOutput,
  strays,
  throwingSegment,
  unawaited,
  world,
} from "./faults.emitted.ts";
import { attempts, memoryHost, newClaim, runAll } from "./testing-support.ts";

const retried = () => ({ steps: (_call: unknown, real: () => unknown) => real() });

beforeEach(() => Object.assign(world, { log: [], throws: 0, made: 0, stray: false }));

describe("a segment that throws", () => {
  it("is tried again from its last frame, and the step before it is not", async () => {
    world.throws = 2;
    const run = await createTestRuntime().run(throwingSegment, { name: "test" }, retried());
    expect(run).toMatchObject({ status: "completed", output: 1 });
    expect(world.log).toEqual(["a", "between, attempt 0", "between, attempt 1", "between, attempt 2"]);
    expect(attempts(run)).toEqual(["a#0 ok", "b#0 ok"]);
  });

  it("fails the run with its own error when its attempts are used up", async () => {
    world.throws = 99;
    const run = await createTestRuntime().run(throwingSegment, { name: "test" }, retried());
    expect(run).toMatchObject({ status: "failed", error: expect.any(TypeError) });
    expect(world.log).toHaveLength(6);
  });
});

describe("a run that throws before its first step", () => {
  it("begins again, and its first frame is committed before its first step begins", async () => {
    const commits: Commit[] = [];
    const begun: (string | null | undefined)[] = [];
    const host = memoryHost((commit) => commits.push(commit));
    await driveRun(newClaim(), lateStart, {
      ...host,
      script: (_call, real) => {
        begun.push(commits.at(-1)?.label);
        return real();
      },
    });
    expect(begun).toEqual(["a"]);
    expect(commits.map(({ status, label }) => `${status} ${label}`)).toEqual([
      "running null",
      "running null",
      "running a",
      "completed null",
    ]);
  });
});

describe("captured variables", () => {
  it("keep what callbacks wrote, failed attempts included", async () => {
    const run = await runAll(capturedWrites, {}, retried);
    expect(run.output).toEqual({ count: 3, list: [1, 2, 3], result: 3, read: 3, touched: 3 });
    expect(attempts(run)).toEqual(["count#0 failed", "count#1 failed", "count#2 ok", "read#0 ok"]);
  });
});

describe("what cannot be stored", () => {
  it.each([false, true])("blocks the run at its suspension, naming variable, path and label (%s)", async (before) => {
    const run = await runAll(liveSocket, { before });
    expect(run.status).toBe("blocked");
    expect(run.error).toBeInstanceOf(BackstitchError);
    expect(run.error).toMatchObject({ code: "BS2102" });
    expect((run.error as Error).message).toMatch(/variable `socket`.*held\[0\].*Socket.*"with-socket"/);
    expect(attempts(run)).toEqual(before ? ["before#0 ok"] : []);
    expect(world.log).toEqual([]);
  });

  it("fails the step that returns it, catchable and without retry", async () => {
    const run = await runAll(socketOutput, {}, retried);
    expect(run).toMatchObject({ status: "completed", output: { name: "StepError" } });
    expect((run.output as { message: string }).message).toMatch(/nested.*Socket/);
    expect(attempts(run)).toEqual(["socket#0 failed", "after#0 ok"]);
  });

  it("fails the run whose output it is", async () => {
    const run = await runAll(badOutput, {});
    expect(run).toMatchObject({ status: "failed", error: { code: "BS2102" } });
    expect((run.error as Error).message).toMatch(/timer.*WeakMap/);
  });
});

describe("tools outside compiled code", () => {
  it.each([
    ["a helper", {}],
    ["a step's callback", { nested: true }],
    ["a native combination", { handle: true }],
  ])("block the run: %s", async (_place, data) => {
    const run = await runAll(plainCode, data);
    expect(run).toMatchObject({ status: "blocked", error: { code: "BS2101" } });
    expect(world.log).toEqual([]);
  });
});

describe("identity", () => {
  it("is the same before and after a reload", async () => {
    const run = await runAll(aliases, { object: { n: 1 } });
    expect(run.output).toEqual([true, true, true, true, true, true]);
    expect(run.trace.map(({ outcome }) => outcome)).toEqual([{ ok: 1 }, { ok: 2 }]);
  });

  it("of local values is kept, and they are made again after a reload only", async () => {
    expect((await runAll(locals, {})).output).toEqual([true, "stripe", "stripe again"]);
    world.made = 0;
    await createTestRuntime().run(locals, { name: "test" });
    expect(world.made).toBe(1);
  });

  it("of a local value that cannot be made again blocks the run with its error", async () => {
    const run = await createTestRuntime({ reload: "every-park" }).run(brokenLocal, { name: "test" });
    expect(run).toMatchObject({ status: "blocked", error: { code: "BS2108", cause: { message: "no key" } } });
  });

  it("reads before the initialisation throw as in the language", async () => {
    expect((await runAll(earlyRead, {})).output).toBe("ReferenceError: Cannot access 'x' before initialization");
  });
});

describe("ops", () => {
  it("sleep in virtual time, and reject wrong arguments catchably", async () => {
    const run = await runAll(sleeps, {});
    expect(run.output).toBeInstanceOf(TypeError);
    expect((run.output as Error).message).toMatch(/step\.sleep\("bad"\).*"soon"/);
    expect(run.trace.map(({ kind, id }) => `${kind} ${id}`)).toEqual(["sleep nap", "sleep until"]);
  });

  it("that nobody awaits finish before the run ends", async () => {
    const run = await runAll(unawaited, {});
    expect(run).toMatchObject({ status: "completed", output: "done" });
    expect(attempts(run)).toEqual(["forgotten#0 ok"]);
  });

  it("that fail for good fail the run with a StepError whose cause is the original", async () => {
    const run = await runAll(throwingSegment, {}, () => ({
      steps: () => {
        throw new NonRetriableError("never", { cause: { reason: 1n } });
      },
    }));
    expect(run.error).toBeInstanceOf(StepError);
    expect(run.error).toMatchObject({ stepId: "a", message: "never", cause: { cause: { reason: 1n } } });
    expect((run.error as Error).cause).toBeInstanceOf(NonRetriableError);
    expect(attempts(run)).toEqual(["a#0 failed"]);
  });
});

describe("changed code", () => {
  it("that strays from the stored label blocks the run", async () => {
    const run = await createTestRuntime({ reload: "every-park" }).run(
      strays,
      { name: "test" },
      {
        steps: ({ id }, real) => {
          world.stray = id === "here";
          return real();
        },
      },
    );
    expect(run).toMatchObject({ status: "blocked", error: { code: "BS2106" } });
    expect((run.error as Error).message).toMatch(/strays was to go on at "there" and came to "here"/);
  });
});
