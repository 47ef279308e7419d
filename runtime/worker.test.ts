import { afterEach, expect, test } from "vitest";
import { type Clock, SystemClock } from "./clock.ts";
import type { DriveRun } from "./engine/contract.ts";
import type { Claim, Commit, Store } from "./store.ts";
import { memoryStore } from "./stores/memory.ts";
import type { RegisteredFunction } from "./types.ts";
import { StoreWorker, type Worker, type WorkerOptions, type WorkerParts } from "./worker.ts";

const app = "app";
const fn: RegisteredFunction = {
  id: "f",
  name: "f",
  retries: 4,
  triggers: [{ event: "go" }],
  handler: async () => {},
};

const started: Worker[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((worker) => worker.stop({ timeoutMs: 0 })));
});

interface Setup {
  readonly worker: Worker;
  readonly store: Store;
  readonly logged: unknown[][];
  readonly send: (...ids: string[]) => Promise<void>;
  readonly statuses: () => Promise<string[]>;
}

function setUp(drive: DriveRun, options: WorkerOptions = {}, parts: Partial<WorkerParts> = {}): Setup {
  const store = memoryStore();
  const clock = parts.clock ?? new SystemClock();
  const logged: unknown[][] = [];
  const log = (...args: unknown[]) => void logged.push(args);
  const listeners = new Set<() => void>();
  const worker = new StoreWorker(
    {
      app,
      clock,
      logger: { debug: log, info: log, warn: log, error: log },
      drive,
      retryDelay: () => 0,
      functions: () => [fn],
      store: async () => store,
      onSend: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      ...parts,
    },
    { pollMs: 5, ...options },
  );
  started.push(worker);
  const send = async (...ids: string[]) => {
    await store.putEvents(ids.map((id) => ({ id, app, name: "go", data: "", receivedAt: clock.now() })));
    for (const listener of listeners) listener();
  };
  const statuses = async () => (await store.listRuns({ app, limit: 100 })).runs.map((run) => run.status);
  return { worker, store, logged, send, statuses };
}

const commitOf = (claim: Claim, change: Partial<Commit> = {}): Commit => ({
  run: claim.run,
  epoch: claim.epoch,
  now: Date.now(),
  status: "running",
  label: null,
  wakeAt: null,
  release: false,
  steps: [],
  ...change,
});

const complete: DriveRun = async (claim, _, host) => {
  await host.commit(commitOf(claim, { status: "completed", release: true }));
  return "ended";
};

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 1));
}

test("events become runs that are driven to their end", async () => {
  const { worker, send, statuses } = setUp(complete);
  await worker.start();
  await send("a", "b", "c");
  await until(async () => (await statuses()).join() === "completed,completed,completed");
});

test("a local send wakes the worker without waiting for its poll", async () => {
  const { worker, send, statuses } = setUp(complete, { pollMs: 60_000 });
  await worker.start();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await send("a");
  await until(async () => (await statuses()).join() === "completed");
});

test("a timer of a released run wakes the worker before its poll", async () => {
  let claims = 0;
  const { worker, send, statuses } = setUp(
    async (claim, _, host) => {
      if (claims++ > 0) return complete(claim, _, host);
      await host.commit(commitOf(claim, { wakeAt: Date.now() + 30, release: true }));
      return "released";
    },
    { pollMs: 60_000 },
  );
  await worker.start();
  await send("a");
  await until(async () => (await statuses()).join() === "completed");
  expect(claims).toBe(2);
});

test("no more runs than `concurrency` are in memory, and a slot that becomes free is filled at once", async () => {
  const gates: (() => void)[] = [];
  const { worker, send, statuses } = setUp(
    async (claim, _, host) => {
      await new Promise<void>((resolve) => gates.push(resolve));
      return complete(claim, _, host);
    },
    { concurrency: 2, pollMs: 60_000 },
  );
  await worker.start();
  await send("a", "b", "c");
  await until(() => gates.length === 2);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(gates).toHaveLength(2);
  gates[0]?.();
  await until(() => gates.length === 3);
  for (const open of gates) open();
  await until(async () => (await statuses()).join() === "completed,completed,completed");
});

test("an idle or full worker does not spin", async () => {
  const { worker, store, send } = setUp(() => new Promise(() => {}), { concurrency: 1, pollMs: 60_000 });
  let looks = 0;
  const unrouted = store.unroutedEvents.bind(store);
  store.unroutedEvents = (...args) => {
    looks += 1;
    return unrouted(...args);
  };
  await worker.start();
  await send("a", "b");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(looks).toBeLessThan(6);
});

test("stop claims nothing more, tells drivers to drain and waits for them", async () => {
  const order: string[] = [];
  const { worker, send, statuses } = setUp(async (claim, _, host) => {
    order.push("driving");
    await until(() => host.draining());
    await host.commit(commitOf(claim, { wakeAt: 0, release: true }));
    order.push("released");
    return "released";
  });
  await worker.start();
  await send("a");
  await until(() => order.length === 1);
  await worker.stop();
  order.push("stopped");
  await send("b");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(order).toEqual(["driving", "released", "stopped"]);
  expect(await statuses()).toEqual(["running"]);
});

test("stop aborts what does not finish in time", async () => {
  const signals: AbortSignal[] = [];
  const { worker, send, logged } = setUp((_claim, _fn, host) => {
    signals.push(host.signal);
    return new Promise(() => {});
  });
  await worker.start();
  await send("a");
  await until(() => signals.length === 1);
  await worker.stop({ timeoutMs: 0 });
  expect(signals[0]?.aborted).toBe(true);
  expect(String(logged[0]?.[0])).toContain("1 runs unfinished");
});

test("a driver that throws is logged, its claim stays, and the worker goes on", async () => {
  const { worker, send, statuses, logged } = setUp(async (claim, _, host) => {
    if (claim.event.id === "bad") throw new Error("broken driver");
    return complete(claim, _, host);
  });
  await worker.start();
  await send("bad");
  await until(() => logged.length > 0);
  await send("good");
  await until(async () => (await statuses()).includes("completed"));
  expect(logged).toHaveLength(1);
  expect(String(logged[0]?.[1])).toMatch(
    /driving run .* of function "f" failed; it is claimed again when its lease ends/,
  );
  expect(logged[0]?.[0]).toMatchObject({ err: { message: expect.stringContaining("broken driver") } });
});

test("leases are renewed, and a run that was lost is aborted", async () => {
  const signals: AbortSignal[] = [];
  let now = 0;
  const waits: (() => void)[] = [];
  const clock: Clock = {
    now: () => now,
    until: (at, signal) =>
      new Promise((resolve) => {
        const check = () => (now >= at || signal?.aborted) && resolve();
        waits.push(check);
        signal?.addEventListener("abort", () => resolve());
        check();
      }),
  };
  const drive: DriveRun = (_claim, _fn, host) => {
    signals.push(host.signal);
    return new Promise((resolve) => host.signal.addEventListener("abort", () => resolve("fenced")));
  };
  const { worker, store, send } = setUp(drive, { leaseMs: 3_000 }, { clock });
  const renewals: number[] = [];
  const renew = store.renew.bind(store);
  store.renew = (held, at, leaseMs) => {
    renewals.push(at);
    return renew(held, at, leaseMs);
  };
  const passTo = (time: number) => {
    now = time;
    for (const check of waits) check();
  };
  await worker.start();
  now = Date.now();
  await send("a");
  await until(() => signals.length === 1);
  passTo(now + 1_001);
  await until(() => renewals.length === 1);
  expect(signals[0]?.aborted).toBe(false);
  const [run] = (await store.listRuns({ app, limit: 1 })).runs;
  await store.cancel(run?.id ?? "", now, { unwind: false });
  passTo(now + 1_001);
  await until(() => signals[0]?.aborted === true);
});

test("a store that fails for a while is logged once for each activity, and all work is done afterwards", async () => {
  const { worker, store, send, statuses, logged } = setUp(complete);
  const claim = store.claim.bind(store);
  let failures = 3;
  store.claim = async (request) => {
    if (failures-- > 0) throw new Error("locked");
    return claim(request);
  };
  await worker.start();
  await send("a");
  await until(async () => (await statuses()).join() === "completed");
  const texts = logged.map((args) => String(args.at(-1)));
  expect(texts.filter((text) => text.includes("looking for work, failed"))).toHaveLength(1);
  expect(texts.filter((text) => text.includes("works again"))).toHaveLength(1);
});

test("functions of the client that this worker does not run still get their runs", async () => {
  const other: RegisteredFunction = { ...fn, id: "other" };
  const { worker, store, send } = setUp(complete, { functions: [fn] }, { functions: () => [fn, other] });
  await worker.start();
  await send("a");
  const byFunction = async () =>
    Object.fromEntries((await store.listRuns({ app, limit: 9 })).runs.map((run) => [run.functionId, run.status]));
  await until(async () => (await byFunction())["f"] === "completed");
  expect(await byFunction()).toEqual({ f: "completed", other: "running" });
});

test("a worker starts once, and a start that failed may be repeated", async () => {
  let functions: RegisteredFunction[] = [];
  const { worker } = setUp(complete, {}, { functions: () => functions });
  await expect(worker.start()).rejects.toThrow(/worker of client "app" has no functions.*BS2014/);
  functions = [fn];
  await worker.start();
  await expect(worker.start()).rejects.toThrow(/was started or stopped before.*BS2014/);
});

test("a worker that was never started stops", async () => {
  await setUp(complete).worker.stop();
});

test.each<[object, RegExp]>([
  [{ concurrency: 0 }, /`concurrency` of client.worker\(\) is 0.*1 to 10000/],
  [{ leaseMs: 10 }, /`leaseMs` of client.worker\(\) is 10/],
  [{ pollMs: 1.5 }, /`pollMs` of client.worker\(\) is 1.5/],
  [{ name: "" }, /`name` of client.worker\(\)/],
  [{ threads: 2 }, /client.worker\(\) has no option `threads`/],
])("wrong options are named: %j", (options, message) => {
  expect(() => setUp(complete, options)).toThrow(message);
});
