/** Answers that are lost: the connection is cut when the server has carried a request out. */
import pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { placed, type StepContext } from "../../step-place.ts";
import type { Claim, Commit } from "../../store.ts";
import { StoreError } from "../store-error.ts";
import { newSchema, testServer } from "../testing-postgres.ts";
import { type PostgresOptions, postgres, type TransactionalStore } from "./index.ts";
import { CuttingProxy } from "./testing-proxy.ts";

const server = testServer();
let options: PostgresOptions;
let proxy: CuttingProxy;
let store: TransactionalStore;

beforeEach(async () => {
  options = newSchema(server());
  proxy = await CuttingProxy.start(options.url);
  const url = new URL(options.url);
  url.host = `127.0.0.1:${proxy.port}`;
  // One connection, and nothing else on it, so that answers are counted in their order.
  store = postgres({ ...options, url: url.href, connections: 1, notify: false });
  await store.open();
});

afterEach(async () => {
  await store.close();
  await proxy.stop();
});

const request = { app: "shop", worker: "w1", functions: ["f"], limit: 1, now: 10, leaseMs: 1_000 };

async function addRun(id: string): Promise<void> {
  await store.putEvents([{ id, app: "shop", name: "e", data: "{}", receivedAt: 0 }]);
  await store.route({ app: "shop", id }, [{ id, app: "shop", functionId: "f", eventId: id, wakeAt: 0 }]);
}

function turn({ run, epoch }: Claim, seq: number, changes: Partial<Commit> = {}): Commit {
  const step = {
    op: seq + 1,
    attempt: 0,
    id: "s",
    kind: "step",
    status: "completed",
    startedAt: 0,
    endedAt: 0,
  } as const;
  const kept = { status: "running", label: null, wakeAt: null, release: false } as const;
  return { run, epoch, seq, now: 10, ...kept, steps: [step], ...changes };
}

/** Does a call whose answer is lost at its `requests`th request, and once more. */
async function again<T>(requests: number, call: () => Promise<T>): Promise<T> {
  const before = proxy.cuts;
  proxy.cutAfter(requests);
  const lost = await call().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(lost).toBeInstanceOf(StoreError);
  expect(String(lost)).toMatch(/whether this call was written is not known/);
  expect(proxy.cuts).toBe(before + 1);
  return call();
}

it("a commit of a step is found to be written", async () => {
  await addRun("r");
  const [held] = (await store.claim(request)) as [Claim];
  await store.commit([turn(held, 0)]);
  expect(await again(1, () => store.commit([turn(held, 1)]))).toEqual(["ok"]);
  expect((await store.listSteps("r")).map(({ op }) => op)).toEqual([1, 2]);
  expect(await store.commit([turn(held, 2, { release: true, wakeAt: 0 })])).toEqual(["ok"]);
  expect((await store.claim({ ...request, worker: "w2" }))[0]).toMatchObject({ seq: 3, epoch: 2, lostClaims: 0 });
});

it("a commit that sends, waits and gives the run back is found to be written, wherever the connection breaks", async () => {
  const wait = { op: 9, kind: "event", name: "paid" } as const;
  const event = { id: "sent", app: "shop", name: "sent", data: "{}", receivedAt: 1 };
  for (let requests = 1; ; requests += 1) {
    const id = `r${requests}`;
    await addRun(id);
    const [held] = (await store.claim({ ...request, worker: `w${requests}` })) as [Claim];
    expect(held.run).toBe(id);
    const commit = turn(held, 0, { waits: [wait], events: [event], wakeAt: 20, release: true });
    const before = proxy.cuts;
    proxy.cutAfter(requests);
    const results = await store.commit([commit]).catch(() => undefined);
    proxy.cutAfter(0);
    expect(await store.commit([commit])).toEqual(["ok"]);
    expect(await store.listSteps(id)).toHaveLength(1);
    const waits = await store.waitsFor({ app: "shop", name: "paid", match: undefined, limit: 99 });
    expect(waits.filter(({ run }) => run === id)).toHaveLength(1);
    expect(await store.cancel(id, 30, { unwind: false })).toBe(true);
    if (results) {
      expect(proxy.cuts).toBe(before);
      return;
    }
  }
});

it("the end of a run is told to its parent once", async () => {
  await addRun("parent");
  const [parent] = (await store.claim(request)) as [Claim];
  const call = { id: "call", app: "shop", name: "c", data: "{}", receivedAt: 1, parent: { run: "parent", op: 1 } };
  await store.commit([turn(parent, 0, { events: [call], release: true })]);
  await store.route({ app: "shop", id: "call" }, [
    { id: "child", app: "shop", functionId: "f", eventId: "call", wakeAt: 0 },
  ]);
  const [child] = (await store.claim(request)) as [Claim];
  const last = turn(child, 0, { status: "completed", output: "out", release: true });
  const ended = async () => (await store.getRun("child"))?.status === "completed";
  for (let requests = 1; !(await ended()); requests += 1) {
    proxy.cutAfter(requests);
    await store.commit([last]).catch(() => undefined);
    proxy.cutAfter(0);
  }
  expect(await store.commit([last])).toEqual(["ok"]);
  const [told] = (await store.claim(request)) as [Claim];
  expect(told.mail.map(({ kind, from }) => [kind, from])).toEqual([["completed", "child"]]);
});

it("runs whose claim was not answered are claimed again, by the same worker too, and count as lost by nobody", async () => {
  await addRun("r");
  await store.claim({ ...request, functions: ["other"] });
  const claims = await again(1, () => store.claim(request));
  expect(claims).toMatchObject([{ run: "r", epoch: 2, lostClaims: 0 }]);
  expect(await store.claim(request)).toEqual([]);
});

it("events, routing, mail and cancels are done once", async () => {
  const event = { id: "r", app: "shop", name: "e", data: "{}", receivedAt: 0 };
  await again(1, () => store.putEvents([event]));
  expect(await store.unroutedEvents("shop", 9)).toHaveLength(1);
  const run = { id: "r", app: "shop", functionId: "f", eventId: "r", wakeAt: 0 };
  expect(await again(1, () => store.route({ app: "shop", id: "r" }, [run]))).toBe("routed");
  const [held] = (await store.claim(request)) as [Claim];
  await store.cancel("r", 11, { unwind: true });
  expect(await again(1, () => store.commit([turn(held, 0, { read: [1] })]))).toEqual(["ok"]);
  expect(await store.unreadMail("shop", "w1")).toEqual([]);
  expect(await store.nextWake("shop", ["f"])).toBeUndefined();
});

/** Around tests of transactions: a table of the user's, and a connection that is never cut. */
async function withNotes(test: (admin: pg.Client) => Promise<void>): Promise<void> {
  const admin = new pg.Client(server().url);
  await admin.connect();
  try {
    await admin.query("CREATE TABLE notes (op int)");
    await test(admin);
  } finally {
    await admin.query("DROP TABLE notes");
    await admin.end();
  }
}

function transaction(op: number, signal = new AbortController().signal): Promise<number> {
  const place = placed({ run: "r", op, isOver: () => false });
  const context: StepContext = { ...place, signal, attempt: 0, idempotencyKey: `r/${op}` };
  return store.transaction(context, async (client) => {
    await client.query("INSERT INTO notes VALUES ($1)", [op]);
    return op;
  });
}

it("a transaction of a step is there once, wherever the connection breaks, and one that was committed is found", async () => {
  await addRun("r");
  await withNotes(async (admin) => {
    await transaction(1);
    for (let requests = 1; ; requests += 1) {
      const op = requests + 1;
      const before = proxy.cuts;
      proxy.cutAfter(requests);
      const given = await transaction(op).catch((error: unknown) => error);
      proxy.cutAfter(0);
      const { rows } = await admin.query("SELECT FROM notes WHERE op = $1", [op]);
      // Only a COMMIT is asked for again: what was cut before it has failed.
      expect([given === op, rows.length === 1]).toEqual(requests < 6 ? [false, false] : [true, true]);
      expect(await transaction(op)).toBe(op);
      expect((await admin.query("SELECT FROM notes WHERE op = $1", [op])).rowCount).toBe(1);
      if (proxy.cuts === before) return expect(requests).toBe(7);
    }
  });
});

it("a COMMIT that the server did not carry out is found out, and the step is not told to have failed", async () => {
  await addRun("r");
  await withNotes(async (admin) => {
    await admin.query(`
      CREATE OR REPLACE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER lingers AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION linger()`);
    const committing = "SELECT pid FROM pg_stat_activity WHERE query = 'COMMIT' AND wait_event = 'PgSleep'";
    const interrupted = async () => {
      while ((await admin.query(`SELECT pg_terminate_backend(pid) FROM (${committing}) AS c`)).rowCount === 0);
      await admin.query("DROP TRIGGER lingers ON notes");
    };
    const [given] = await Promise.all([transaction(1), interrupted()]);
    expect(given).toBe(1);
    expect((await admin.query("SELECT FROM notes")).rowCount).toBe(1);
  });
});
