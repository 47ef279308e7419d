import { afterEach, expect, test } from "vitest";
import { Backstitch, type ClientOptions } from "./client.ts";
import { encode } from "./codec/index.ts";
import { markCompiled } from "./engine/compiled.ts";
import type { DriveRun } from "./engine/contract.ts";
import { NonRetriableError } from "./errors.ts";
import { CODE_FORMAT } from "./manifest.ts";
import { runId } from "./route.ts";
import type { Commit } from "./store.ts";
import { memoryStore } from "./stores/memory.ts";

const clients: Backstitch[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

function handler(): () => Promise<void> {
  const fn = async () => {};
  markCompiled(fn, { code: "f", hash: "", format: CODE_FORMAT, labels: {} });
  return fn;
}

/** A driver in place of the engine: ends each run with one commit. */
function endWith(end: Partial<Commit>): DriveRun {
  return async ({ run, epoch }, _, host) => {
    const now = host.clock.now();
    const rest = { label: null, wakeAt: null, release: true, steps: [], status: "completed" } as const;
    await host.commit({ run, epoch, now, ...rest, ...end });
    return "ended";
  };
}

/** A driver whose run goes on until the worker stops. */
const neverEnd: DriveRun = async (_claim, _fn, host) => {
  while (!host.draining()) await new Promise((resolve) => setTimeout(resolve, 1));
  return "fenced";
};

function setUp(options: Partial<ClientOptions> = {}, drive: DriveRun = endWith({})) {
  const store = memoryStore();
  const client = new Backstitch({ id: "app", store, ...options }, { drive });
  clients.push(client);
  return { client, store };
}

async function runOf(client: Backstitch, data: unknown): Promise<string> {
  client.createFunction({ id: "f" }, { event: "go" }, handler());
  const { ids } = await client.send({ name: "go", data, ts: 7_000 });
  await client.worker({ pollMs: 5 }).start();
  const id = runId({ id: ids[0] ?? "", app: "app", receivedAt: 7_000 }, "f");
  while ((await client.runs.get(id)) === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  return id;
}

test("send stores events before it resolves, and gives their ids in order", async () => {
  const { client, store } = setUp();
  const sent = await client.send([
    { name: "a", id: "one", ts: 5 },
    { name: "b", data: new Map([[1n, undefined]]) },
  ]);
  expect(sent.ids).toEqual(["one", expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  const stored = await store.unroutedEvents("app", 10);
  expect(stored[0]).toEqual({ id: "one", app: "app", name: "a", data: encode({}), receivedAt: 5 });
  expect(stored[1]).toMatchObject({ id: sent.ids[1], data: encode(new Map([[1n, undefined]])) });
});

test("an event whose id was sent before is ignored", async () => {
  const { client, store } = setUp();
  await client.send([{ name: "a", id: "one", data: 1 }]);
  await client.send({ name: "a", id: "one", data: 2 });
  expect(await store.unroutedEvents("app", 10)).toMatchObject([{ data: encode(1) }]);
});

test("of a list with a wrong event nothing is stored", async () => {
  const { client, store } = setUp();
  await expect(client.send([{ name: "a" }, { name: "" }])).rejects.toThrow(/`name` of an event.*BS2006/);
  expect(await store.unroutedEvents("app", 10)).toEqual([]);
});

test.each<[unknown, RegExp]>([
  [undefined, /client\.send\(\) needs an object.*BS2006/],
  [{ data: 1 }, /`name` of an event is missing.*BS2006/],
  [{ name: "a", user: 1 }, /client\.send\(\) has no option `user`.*BS2006/],
  [{ name: "a", id: 3 }, /`id` of event "a".*BS2006/],
  [{ name: "a", ts: Number.NaN }, /`ts` of event "a" is NaN.*BS2006/],
  [{ name: "a", data: { user: { socket: () => {} } } }, /the data of event "a" at \.user\.socket: .*BS2008/],
  [
    { name: "a", data: "x".repeat(3 * 1024 * 1024) },
    /the data of event "a" take 3145\d+ bytes, the limit is 3145728.*BS2007/,
  ],
])("send refuses a wrong event: %#", async (event, message) => {
  await expect(setUp().client.send(event as never)).rejects.toThrow(message);
});

test("a run is found with its event, output and error as they were", async () => {
  const output = { at: new Date(5), big: 1n };
  const { client } = setUp({}, endWith({ output: encode(output) }));
  const id = await runOf(client, { rows: new Set([1]) });
  const run = await client.runs.wait(id, { pollMs: 1 });
  expect(run).toMatchObject({ id, functionId: "f", status: "completed", output, error: undefined, label: null });
  expect(run.event).toMatchObject({ name: "go", data: { rows: new Set([1]) }, ts: 7_000 });
  expect(await client.runs.list({ functionId: "f", status: "completed" })).toEqual([run]);
  expect(await client.runs.list({ status: "failed" })).toEqual([]);
});

test("the error of a failed run keeps its class", async () => {
  const { client } = setUp({}, endWith({ status: "failed", error: encode(new NonRetriableError("no card")) }));
  const run = await client.runs.wait(await runOf(client, {}), { pollMs: 1 });
  expect(run.status).toBe("failed");
  expect(run.error).toBeInstanceOf(NonRetriableError);
});

test("the attempts of a run are given in order", async () => {
  const attempt = { op: 1, id: "pay", kind: "step", startedAt: 1, endedAt: 2 };
  const steps = [
    { ...attempt, attempt: 0, status: "retrying", error: encode(new TypeError("t")) },
    { ...attempt, attempt: 1, status: "completed", input: encode([1n]), output: encode("paid") },
  ] as const;
  const { client } = setUp({}, endWith({ steps }));
  const id = await runOf(client, {});
  await client.runs.wait(id, { pollMs: 1 });
  const read = await client.runs.steps(id);
  expect(read).toMatchObject([
    { op: 1, attempt: 0, index: 0, status: "retrying", output: undefined },
    { op: 1, attempt: 1, index: 0, status: "completed", input: [1n], output: "paid", error: undefined },
  ]);
  expect(read[0]?.error).toBeInstanceOf(TypeError);
  expect(await client.runs.steps(id, { after: 1 })).toEqual([]);
});

test("wait gives up with the place of the run, and names an unknown run", async () => {
  const { client } = setUp({}, neverEnd);
  const id = await runOf(client, {});
  const waiting = client.runs.wait(id, { timeoutMs: 5, pollMs: 1 });
  await expect(waiting).rejects.toThrow(/run .* of function "f" has not reached its first step after 5 ms.*BS2010/);
  await expect(client.runs.wait("nowhere")).rejects.toThrow(/client "app" has no run "nowhere".*BS2009/);
});

test("cancel ends a run once", async () => {
  const { client } = setUp({}, neverEnd);
  const id = await runOf(client, {});
  await expect(client.runs.cancel(id, { mode: "later" as "stop" })).rejects.toThrow(/`mode` .* is later.*BS2013/);
  expect(await client.runs.cancel(id, { mode: "stop" })).toBe(true);
  expect(await client.runs.wait(id)).toMatchObject({ status: "cancelled" });
  expect(await client.runs.cancel(id, { mode: "stop" })).toBe(false);
});

test("apps that share a store do not see each other's runs", async () => {
  const { client, store } = setUp();
  const id = await runOf(client, {});
  const other = new Backstitch({ id: "other", store });
  expect(await other.runs.get(id)).toBeUndefined();
  expect(await other.runs.list()).toEqual([]);
  await expect(other.runs.cancel(id)).rejects.toThrow("BS2009");
  expect(await client.runs.wait(id, { pollMs: 1 })).toMatchObject({ status: "completed" });
});

test("without a store functions can be registered, and the rest says what is missing", async () => {
  const { client } = setUp({ store: undefined });
  client.createFunction({ id: "f" }, { event: "go" }, handler());
  await expect(client.send({ name: "go" })).rejects.toThrow(
    /client\.send\(\) of client "app" needs one.*sqlite.*BS2005/,
  );
  await expect(client.worker().start()).rejects.toThrow(/worker\.start\(\) of client "app" needs one.*BS2005/);
  await expect(client.runs.get("x")).rejects.toThrow("BS2005");
});

test("a store is opened once, and an opening that failed is tried again", async () => {
  const { client, store } = setUp();
  let opened = 0;
  store.open = async () => {
    opened += 1;
    if (opened === 1) throw new Error("locked");
  };
  await expect(client.send({ name: "go" })).rejects.toThrow("locked");
  await Promise.all([client.send({ name: "go" }), client.runs.list(), client.send({ name: "go" })]);
  expect(opened).toBe(2);
});

test("close stops workers, closes the store, and ends the client", async () => {
  const { client, store } = setUp();
  let closed = 0;
  store.close = async () => {
    closed += 1;
  };
  await runOf(client, {});
  await client.close();
  await client.close();
  expect(closed).toBe(1);
  await expect(client.send({ name: "go" })).rejects.toThrow(
    /client\.send\(\) of client "app" was called after close\(\).*BS2015/,
  );
});

test("two functions with one id are refused", () => {
  const { client } = setUp();
  client.createFunction({ id: "f" }, { event: "go" }, handler());
  const again = () => client.createFunction({ id: "f", triggers: { event: "go" } }, handler());
  expect(again).toThrow(/Two functions have the same id: client "app" has a function "f" already.*BS2004/);
});

test.each<[unknown, RegExp]>([
  [undefined, /new Backstitch\(\) needs an object/],
  [{}, /`id` of new Backstitch\(\) is missing/],
  [{ id: "a", eventKey: 1 }, /new Backstitch\(\) has no option `eventKey`.*`backoff`/],
  [{ id: "a", backoff: [] }, /`backoff` of new Backstitch\(\)/],
])("wrong options of a client are named: %j", (options, message) => {
  expect(() => new Backstitch(options as ClientOptions)).toThrow(message);
});

test("a logger that throws does no harm", async () => {
  const broken = () => {
    throw new Error("log is full");
  };
  const logger = { debug: broken, info: broken, warn: broken, error: broken };
  const { client } = setUp({ logger, backoff: () => Number.NaN }, async (claim, fn, host) => {
    host.retryDelay(1);
    return endWith({})(claim, fn, host);
  });
  expect(await client.runs.wait(await runOf(client, {}), { pollMs: 1 })).toMatchObject({ status: "completed" });
});
