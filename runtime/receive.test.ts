/** Events on their way from `send` to a handler, with the real engine. */
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { Backstitch } from "./client.ts";
import { decode, encode, registerClass } from "./codec/index.ts";
import type { DriverHost } from "./engine/contract.ts";
import { InvalidEventError } from "./errors.ts";
import { eventType } from "./event-types.ts";
import { $ } from "./internal.ts";
import { CODE_FORMAT } from "./manifest.ts";
import { driveReceived } from "./receive.ts";
import type { Store } from "./store.ts";
import { memoryStore } from "./stores/memory.ts";
import { createTestRuntime } from "./testing/index.ts";
import { VirtualClock } from "./testing/virtual-clock.ts";
import type { Context, Handler } from "./types.ts";

const clients: Backstitch[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

let started = 0;
/** `await step.run("first", () => {}); return event.data`, as the compiler emits it. */
const giveData = $.durable(
  { code: "give-data", hash: "", format: CODE_FORMAT, labels: { first: {} } },
  async ($, { event, step }: Context) => {
    $.code({ first: () => () => started++ });
    await $.at("first", () => step.run("first", $.fn("first") as () => void));
    return event.data;
  },
) as unknown as Handler;

const placed = eventType("order/placed", {
  schema: z.object({ total: z.coerce.number(), at: z.string().transform((text) => new Date(text)) }),
});

function setUp() {
  const lines: string[] = [];
  const logger = { debug() {}, info() {}, warn: log, error: log };
  function log(...args: unknown[]) {
    lines.push(args.join(" "));
  }
  const store = memoryStore();
  const client = new Backstitch({ id: "app", store, logger });
  clients.push(client);
  started = 0;
  return { client, lines, store };
}

function hostOf(store: Store, now: number): DriverHost {
  return {
    clock: new VirtualClock(now),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    commit: async (commit) => (await store.commit([commit]))[0] ?? "fenced",
    retryDelay: () => 1,
    draining: () => false,
    signal: new AbortController().signal,
    holdMs: 0,
  };
}

/** All runs, once the events are routed and the runs have ended. */
async function settled(client: Backstitch, functions: number) {
  await client.worker({ pollMs: 2 }).start();
  for (;;) {
    const runs = await client.runs.list();
    const seen = runs.filter((run) => run.functionId === "last" && run.status !== "running");
    if (seen.length === functions && runs.every((run) => run.status !== "running")) return runs;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test("a handler gets what the schema makes of the event, and the run keeps what was sent", async () => {
  const { client } = setUp();
  client.createFunction({ id: "last", triggers: placed }, giveData);
  await client.send(placed.create({ total: "7", at: "2030-01-01" }));
  const [run] = await settled(client, 1);
  expect(run).toMatchObject({ status: "completed", output: { total: 7, at: new Date("2030-01-01") } });
  expect(run?.event.data).toEqual({ total: "7", at: "2030-01-01" });
});

test("an event that does not fit fails the run at once, before the handler, and is kept", async () => {
  const { client } = setUp();
  client.createFunction({ id: "last", triggers: { event: placed, if: "event.data.total > 0" }, retries: 5 }, giveData);
  await client.send({ name: "order/placed", data: { total: "many", at: 5 } });
  const [run] = await settled(client, 1);
  expect(run).toMatchObject({ status: "failed", event: { data: { total: "many", at: 5 } } });
  expect(run?.error).toBeInstanceOf(InvalidEventError);
  expect((run?.error as InvalidEventError | undefined)?.issues.map(({ path }) => path)).toEqual([
    "data.total",
    "data.at",
  ]);
  expect(await client.runs.steps(run?.id ?? "")).toEqual([]);
  expect(started).toBe(0);
});

test("two conditions that hold start one run, and one that does not starts none", async () => {
  const { client, lines } = setUp();
  const twice = [
    { event: "a", if: "event.data.n > 1" },
    { event: "a", if: "event.data.n > 2" },
  ];
  client.createFunction({ id: "twice" }, twice, giveData);
  client.createFunction({ id: "never" }, { event: "a", if: "event.data.n < 0 || event.data.gone == 1" }, giveData);
  client.createFunction({ id: "broken" }, { event: "a", if: ({ event }) => event.data.gone.n > 1 }, giveData);
  client.createFunction({ id: "last" }, { event: "a" }, giveData);
  await client.send([1, 3].map((n) => ({ name: "a", data: { n } })));
  const runs = await settled(client, 2);
  expect(runs.map((run) => run.functionId).sort()).toEqual(["last", "last", "twice"]);
  expect(lines).toEqual([expect.stringMatching(/`if` of a trigger of function "broken".*counts as false.*TypeError/)]);
});

test("what a schema gives and nobody can store fails the run", async () => {
  const { client } = setUp();
  const schema = z.object({}).transform(() => ({ close: () => {} }));
  client.createFunction({ id: "last", triggers: eventType("a", { schema }) }, giveData);
  await client.send({ name: "a" });
  const [run] = await settled(client, 1);
  expect(run?.status).toBe("failed");
  expect(String(run?.error)).toMatch(/the data that the schema gives for event "a" at \.close: .*BS2008/);
});

test("an event that this process cannot read starts its runs, which are blocked", async () => {
  const { client, store } = setUp();
  class Passing {
    readonly n = 1;
  }
  registerClass(Passing);
  client.createFunction({ id: "last", triggers: { event: placed, if: "event.data.n == 2" } }, giveData);
  const data = encode(new Passing()).replace("Passing", "Passed");
  await store.open();
  await store.putEvents([{ id: "e", app: "app", name: "order/placed", data, receivedAt: 1 }]);
  await client.worker({ pollMs: 2, leaveMs: 0 }).start();
  for (;;) {
    const [run] = (await store.listRuns({ app: "app", limit: 1 })).runs;
    if (run?.status === "blocked") return expect(decode(run.error ?? "")).toMatchObject({ code: "BS2104" });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
});

test("a schema that ends the process again and again is not asked any more", async () => {
  const { client, store } = setUp();
  let asked = 0;
  const schema = z.object({}).transform(() => asked++);
  const fn = client.createFunction({ id: "f", triggers: eventType("a", { schema }) }, giveData);
  const event = { id: "e", app: "app", name: "a", data: encode({}), receivedAt: 1 };
  await store.open();
  await store.putEvents([event]);
  await store.route(event, [{ id: "r", app: "app", functionId: "f", eventId: "e", wakeAt: 1 }]);
  for (let now = 1; now <= 7; now++) {
    const request = { app: "app", worker: `w${now}`, functions: ["f"], limit: 1, now: now * 10, leaseMs: 1 };
    const [claim] = await store.claim(request);
    if (claim !== undefined && claim.lostClaims > 4) await driveReceived(claim, fn, hostOf(store, now * 10));
  }
  expect(await store.getRun("r")).toMatchObject({ status: "blocked" });
  expect(asked).toBe(0);
});

test("the test runtime holds events to schemas too", async () => {
  const { client } = setUp();
  const fn = client.createFunction({ id: "f", triggers: placed }, giveData);
  const runtime = createTestRuntime({ reload: "every-park" });
  const good = await runtime.run(fn, { name: "order/placed", data: { total: "7", at: "2030-01-01" } });
  expect(good).toMatchObject({ status: "completed", output: { total: 7, at: new Date("2030-01-01") } });
  const wrong = await runtime.run(fn, { name: "order/placed", data: {} });
  expect(wrong).toMatchObject({ status: "failed", trace: [], error: { code: "BS2016" } });
});
