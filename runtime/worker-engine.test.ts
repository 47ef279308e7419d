/** The worker with the real engine and a real database: what the parts promise, together. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Backstitch } from "./client.ts";
import { StepError } from "./errors.ts";
import { $ } from "./internal.ts";
import { CODE_FORMAT } from "./manifest.ts";
import { sqlite } from "./stores/sqlite/index.ts";
import { ShiftedClock } from "./testing/shifted-clock.ts";
import type { Context, Handler } from "./types.ts";

let folder = "";
const clients: Backstitch[] = [];
const hourMs = 3_600_000;
let clock = new ShiftedClock();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "backstitch-"));
  clock = new ShiftedClock();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await rm(folder, { recursive: true, force: true });
});

/** What the steps did, in order. */
let trace: string[] = [];
let failures = 0;

/** `await run("first"); await sleep("pause", "1h"); return await run("second")`, as the compiler emits it. */
const twoSteps = $.durable(
  { code: "two-steps", hash: "", format: CODE_FORMAT, labels: { first: {}, pause: {}, second: {} } },
  async ($, { step }: Context) => {
    $.code({
      first: () => () => trace.push("first"),
      second: () => () => {
        trace.push("second");
        if (failures-- > 0) throw Object.assign(new TypeError("no"), { code: "E_NO" });
        return new Map([["done", 1n]]);
      },
    });
    switch ($.pc) {
      case "":
      // @ts-expect-error falling through is how emitted code goes on
      // biome-ignore lint/suspicious/noFallthroughSwitchClause: as above
      case "first":
        await $.at("first", () => step.run("first", $.fn("first") as () => void));
      case "pause":
        await $.at("pause", () => step.sleep("pause", "1h"));
    }
    return await $.at("second", () => step.run("second", $.fn("second") as () => unknown));
  },
) as unknown as Handler;

function startClient(retries = 1): Backstitch {
  const store = sqlite({ path: join(folder, "runs.db") });
  const client = new Backstitch({ id: "app", store, backoff: [1] }, { clock });
  clients.push(client);
  client.createFunction({ id: "two-steps", retries }, { event: "go" }, twoSteps);
  return client;
}

async function until<T>(read: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const parkedAt = (client: Backstitch, label: string) =>
  until(async () => (await client.runs.list()).find((run) => run.label?.endsWith(label)));

test("a run that sleeps when its worker stops goes on in another one, and repeats no step", async () => {
  trace = [];
  failures = 1;
  const first = startClient();
  await first.worker({ pollMs: 5 }).start();
  await first.send({ name: "go", data: { n: 1 } });
  const { id } = await parkedAt(first, "pause");
  await first.close();
  clock.setForward(hourMs);
  const second = startClient();
  await second.worker({ pollMs: 5 }).start();
  const run = await second.runs.wait(id, { pollMs: 2 });
  expect(run).toMatchObject({ status: "completed", output: new Map([["done", 1n]]), error: undefined });
  expect(run.event.data).toEqual({ n: 1 });
  expect(trace).toEqual(["first", "second", "second"]);
  const steps = await second.runs.steps(id);
  expect(steps.map((step) => `${step.op} ${step.id} ${step.attempt} ${step.status}`)).toEqual([
    "1 first 0 completed",
    "2 pause 0 completed",
    "3 second 0 retrying",
    "3 second 1 completed",
  ]);
});

test("a step whose retries are used up fails the run with its StepError", async () => {
  trace = [];
  failures = 9;
  const client = startClient(2);
  await client.worker({ pollMs: 5 }).start();
  await client.send({ name: "go" });
  const { id } = await parkedAt(client, "pause");
  clock.setForward(hourMs);
  const run = await client.runs.wait(id, { pollMs: 2 });
  expect(run.status).toBe("failed");
  expect(run.error).toBeInstanceOf(StepError);
  expect(run.error).toMatchObject({ stepId: "second", name: "TypeError", message: "no", code: "E_NO" });
  expect((run.error as StepError).cause).toBeInstanceOf(TypeError);
  expect(trace).toEqual(["first", "second", "second", "second"]);
});

test("a cancelled run goes no further", async () => {
  trace = [];
  failures = 0;
  const client = startClient();
  const worker = client.worker({ pollMs: 5 });
  await worker.start();
  await client.send({ name: "go" });
  const { id } = await parkedAt(client, "pause");
  expect(await client.runs.cancel(id)).toBe(true);
  expect(await client.runs.wait(id)).toMatchObject({ status: "cancelled" });
  clock.setForward(hourMs);
  // Long enough for the worker to look for work a few times.
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(trace).toEqual(["first"]);
});

/** `try { await run("charge") } catch { await run("release") }`, as the compiler emits it. */
const undone = $.durable(
  {
    ...{ code: "undone", hash: "", format: CODE_FORMAT, labels: { charge: {}, release: {} } },
    shielded: ["release"],
  },
  async ($, { step }: Context) => {
    $.code({
      charge: () => () => {
        throw new TypeError("declined");
      },
      release: () => (order: number) => `released ${order}`,
    });
    try {
      if ($.in("release")) throw $.again;
      await $.at("charge", () => step.run({ id: "charge", retries: 0 }, $.fn("charge") as () => void));
    } catch {
      return await $.at("release", () => step.run("release", $.fn("release") as (order: number) => string, 7));
    }
    return undefined;
  },
) as unknown as Handler;

test("the records of a run say what ran in a catch, and with which inputs", async () => {
  const client = startClient();
  client.createFunction({ id: "undone" }, { event: "order" }, undone);
  await client.worker({ pollMs: 5 }).start();
  await client.send({ name: "order" });
  const { id } = await until(async () => (await client.runs.list())[0]);
  expect(await client.runs.wait(id, { pollMs: 2 })).toMatchObject({ status: "completed", output: "released 7" });
  expect(await client.runs.steps(id)).toMatchObject([
    { id: "charge", status: "failed", input: undefined, rollback: false, error: { message: "declined" } },
    { id: "release", status: "completed", input: [7], rollback: true },
  ]);
});
