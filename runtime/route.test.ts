import { describe, expect, test } from "vitest";
import { encode } from "./codec/index.ts";
import { compileExpression } from "./expressions.ts";
import { checkedFlow } from "./flow/options.ts";
import { LeftEvents } from "./left-events.ts";
import { routeEvents, runId } from "./route.ts";
import type { StoredEvent } from "./store.ts";
import { memoryStore } from "./stores/memory.ts";
import type { RegisteredFunction } from "./types.ts";

const logger = { debug() {}, info() {}, warn() {}, error() {} };

const event = (id: string, name: string, receivedAt = 1_000): StoredEvent => ({
  id,
  app: "app",
  name,
  data: "",
  receivedAt,
});

const fn = (id: string, ...events: string[]): RegisteredFunction => ({
  id,
  name: id,
  retries: 0,
  triggers: events.map((name) => ({ event: name })),
  handler: async () => {},
});

const functions = [fn("one", "a"), fn("both", "a", "b", "a"), fn("other", "c")];

async function storeWith(...events: StoredEvent[]) {
  const store = memoryStore();
  await store.open();
  await store.putEvents(events);
  return store;
}

test("an event starts one run of each function that its name triggers", async () => {
  const store = await storeWith(event("e", "a", 5_000));
  expect(await routeEvents(store, "app", functions, logger, 0)).toBe(false);
  const { runs } = await store.listRuns({ app: "app", limit: 10 });
  expect(runs.map((run) => run.functionId).sort()).toEqual(["both", "one"]);
  expect(runs.map((run) => run.wakeAt)).toEqual([5_000, 5_000]);
});

test("an event that nobody wants is not looked at again", async () => {
  const store = await storeWith(event("e", "unheard"));
  await routeEvents(store, "app", functions, logger, 0);
  expect(await store.unroutedEvents("app", 10)).toEqual([]);
});

test("more than a batch is told", async () => {
  const events = Array.from({ length: 130 }, (_, index) => event(`e${index}`, "a"));
  const store = await storeWith(...events);
  expect(await routeEvents(store, "app", functions, logger, 0)).toBe(true);
  expect(await routeEvents(store, "app", functions, logger, 0)).toBe(false);
  expect((await store.listRuns({ app: "app", limit: 1_000 })).runs).toHaveLength(260);
});

test("waits are looked up once for events of a name, and again when one of them starts a run that waits", async () => {
  const lookups: string[] = [];
  const store = await storeWith(
    event("e1", "a", 1),
    event("e2", "a", 2),
    event("e3", "stop", 3),
    event("e4", "stop", 4),
  );
  const watched = new Proxy(store, {
    get(target, name: keyof typeof store) {
      if (name === "waitPaths") lookups.push(name);
      return (target[name] as (() => unknown) | undefined)?.bind(target);
    },
  });
  await routeEvents(watched, "app", functions, logger, 0);
  expect(lookups).toHaveLength(2);
  const cancelledBy = { event: "stop", path: undefined, timeoutMs: undefined, schema: undefined, condition: undefined };
  const stoppable = [{ ...fn("stoppable", "b"), cancelOn: [cancelledBy] }];
  await store.putEvents([event("e5", "b", 5), event("e6", "stop", 6)].map((one) => ({ ...one, data: encode({}) })));
  await routeEvents(watched, "app", stoppable, logger, 0);
  const [claim] = await store.claim({
    app: "app",
    worker: "w",
    functions: ["stoppable"],
    limit: 1,
    now: 9,
    leaseMs: 1,
  });
  expect(claim?.mail.map(({ kind }) => kind)).toEqual(["cancel"]);
});

describe("an event that this process cannot read", () => {
  /** A newer format. */
  const newer = { ...event("e", "a"), data: "[99,{}]" };
  const site = { field: "`if` of a test", variables: ["event"], gives: "condition" } as const;
  const condition = compileExpression("event.data.paid", site);
  const asking = [{ ...fn("asking"), triggers: [{ event: "a", if: condition }] }];

  test("is left to other workers when something depends on it, and is routed when nobody has", async () => {
    const store = await storeWith(newer, event("e2", "b", 2));
    const left = new LeftEvents(500);
    await routeEvents(store, "app", [...asking, fn("other", "b")], logger, 1_000, left);
    await routeEvents(store, "app", asking, logger, 1_499, left);
    expect((await store.unroutedEvents("app", 10)).map(({ id }) => id)).toEqual(["e"]);
    expect((await store.listRuns({ app: "app", limit: 10 })).runs.map((run) => run.functionId)).toEqual(["other"]);
    await routeEvents(store, "app", asking, logger, 1_500, left);
    expect(await store.unroutedEvents("app", 10)).toEqual([]);
  });

  test("is left no longer than others have had their time for it", async () => {
    const left = new LeftEvents(500);
    await routeEvents(await storeWith(newer), "app", asking, logger, 1_000, left);
    expect(left.count).toBe(1);
    const taken = await storeWith();
    await routeEvents(taken, "app", asking, logger, 1_001, left);
    expect(left.count).toBe(0);
  });

  test("is left when flow control or what cancels the run depends on it", async () => {
    const flow = checkedFlow({ concurrency: { limit: 1, key: "event.data.to" } }, "a test");
    const cancelledBy = {
      event: "stop",
      path: "data.id",
      timeoutMs: undefined,
      schema: undefined,
      condition: undefined,
    };
    for (const depending of [{ flow }, { cancelOn: [cancelledBy] }]) {
      const store = await storeWith(newer);
      await routeEvents(store, "app", [{ ...fn("one", "a"), ...depending }], logger, 1_000, new LeftEvents(500));
      expect(await store.unroutedEvents("app", 10)).toHaveLength(1);
    }
  });

  test("is routed at once when nothing depends on it", async () => {
    const store = await storeWith(newer);
    await routeEvents(store, "app", functions, logger, 1_000, new LeftEvents(500));
    expect(await store.unroutedEvents("app", 10)).toEqual([]);
    expect((await store.listRuns({ app: "app", limit: 10 })).runs).toHaveLength(2);
  });
});

test("the id of a run follows from event and function", () => {
  const id = runId(event("e", "a"), "one");
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(runId(event("e", "a"), "one")).toBe(id);
  const others = [
    runId(event("e", "a"), "two"),
    runId(event("e2", "a"), "one"),
    runId({ ...event("e", "a"), app: "x" }, "one"),
  ];
  expect(new Set([id, ...others]).size).toBe(4);
});

test("ids of runs sort by the time of their events", () => {
  const times = [0, 1, 999, 1_000, 1_700_000_000_000, 1_700_000_000_001, 2 ** 48 - 1];
  const ids = times.map((time) => runId(event(`e${time}`, "a", time), "one"));
  expect([...ids].sort()).toEqual(ids);
});
