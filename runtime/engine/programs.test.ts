/** The two programs of the README, in emitted form. */
import { describe, expect, it } from "vitest";
import { StepError } from "../errors.ts";
import { addData, generateResult } from "./programs.emitted.ts";
import { attempts, runAll } from "./testing-support.ts";

const failing =
  (...ids: string[]) =>
  () => ({
    steps: ({ id }: { id: string }, real: () => unknown) => {
      if (ids.includes(id)) throw new Error(`${id} is down`);
      return real();
    },
  });

describe("the fallback program", () => {
  const data = { prompt: "a cat", channelID: "c1" };

  it("uses the first model", async () => {
    const run = await runAll(generateResult, data);
    expect(run).toMatchObject({ status: "completed", parks: 2 });
    expect(run.trace.map(({ outcome }) => outcome)).toEqual([
      { ok: "dalle:a cat" },
      { ok: { channel: "c1", imageURL: "dalle:a cat", via: "dall-e" } },
    ]);
  });

  it("falls back once the retries of the first are used up", async () => {
    const run = await runAll(generateResult, data, failing("generate-image-dall-e"));
    expect(run.status).toBe("completed");
    expect(attempts(run)).toEqual([
      ...[0, 1, 2, 3, 4].map((attempt) => `generate-image-dall-e#${attempt} failed`),
      "generate-image-midjourney#0 ok",
      "notify-user#0 ok",
    ]);
    expect(run.trace.at(-1)?.outcome).toEqual({
      ok: { channel: "c1", imageURL: "midjourney:a cat", via: "midjourney" },
    });
  });

  it("fails when both are down", async () => {
    const run = await runAll(generateResult, data, failing("generate-image-dall-e", "generate-image-midjourney"));
    expect(run.status).toBe("failed");
    expect(run.error).toBeInstanceOf(StepError);
    expect(run.error).toMatchObject({
      stepId: "generate-image-midjourney",
      message: "generate-image-midjourney is down",
    });
    expect(run.trace).toHaveLength(10);
  });
});

describe("the rollback program", () => {
  it("ignores the failure of the first step and rolls the second back", async () => {
    const run = await runAll(addData, { rowId: 7 }, failing("non-critical-step", "create-row"));
    expect(run.status).toBe("completed");
    expect(attempts(run).filter((attempt) => !attempt.endsWith("failed"))).toEqual(["rollback-row-creation#0 ok"]);
    expect(run.trace.at(-1)?.outcome).toEqual({ ok: "removed 7" });
  });

  it("does not roll back what succeeded", async () => {
    const run = await runAll(addData, { rowId: 7 });
    expect(attempts(run)).toEqual(["non-critical-step#0 ok", "create-row#0 ok"]);
  });
});
