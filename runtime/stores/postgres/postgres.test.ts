import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../store.ts";
import { testStore } from "../../testing/store-suite.ts";
import { emptySchema, newSchema, testServer } from "../testing-postgres.ts";
import { type PostgresOptions, postgres } from "./index.ts";
import type { PostgresStore } from "./postgres-store.ts";

const server = testServer();
let options: PostgresOptions;
let opened: Store;

beforeAll(async () => {
  options = newSchema(server());
  opened = postgres(options);
  await opened.open();
});
afterAll(() => opened.close());

testStore("PostgreSQL", { create: () => staysOpen(opened), destroy: () => emptySchema(options), describe, it });

/** A store that is open already: connections and plans are kept from test to test, which takes half the time. */
function staysOpen(store: Store): Store {
  return new Proxy(store, {
    get(target, name: keyof Store) {
      if (name === "open" || name === "close") return async () => {};
      const member: unknown = target[name];
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

it("keeps no pieces of runs that have ended", async () => {
  const { database } = opened as PostgresStore;
  const stored = () =>
    database.all<{ id: string }>("SELECT r.id FROM backstitch.pieces AS p JOIN backstitch.runs AS r ON r.n = p.run");
  const ids = ["done", "stopped", "going"];
  await opened.putEvents(ids.map((id) => ({ id, app: "shop", name: "e", data: "{}", receivedAt: 0 })));
  for (const id of ids) {
    await opened.route({ app: "shop", id }, [{ id, app: "shop", functionId: "f", eventId: id, wakeAt: 0 }]);
  }
  const claims = await opened.claim({ app: "shop", worker: "w", functions: ["f"], limit: 3, now: 1, leaseMs: 9 });
  const pieces = [{ array: 1, index: 0, text: "1" }];
  const turns = claims.map(({ run, epoch }) => ({
    run,
    epoch,
    now: 2,
    label: null,
    wakeAt: null,
    release: false,
    steps: [],
  }));
  await opened.commit(turns.map((turn) => ({ ...turn, status: "running", frame: "F", pieces })));
  expect((await stored()).map(({ id }) => id).sort()).toEqual([...ids].sort());
  await opened.commit(
    turns.filter(({ run }) => run === "done").map((turn) => ({ ...turn, status: "completed", pieces })),
  );
  await opened.cancel("stopped", 3, { unwind: false });
  expect(await stored()).toEqual([{ id: "going" }]);
  await emptySchema(options);
});

it("hands arrays to the server as they are", async () => {
  const { database } = opened as PostgresStore;
  const texts = ["", null, '{a,"b"}', "\\ NULL \n", "é ✓ 😀", "\0 \ud800 \u001a", "x".repeat(70_000)];
  const integers = [
    0,
    -1,
    null,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 32,
    -(2 ** 32),
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ];
  const truths = [true, null, false];
  const rows = await database.all(
    "SELECT * FROM unnest($1::text[], $2::bigint[], $3::boolean[]) AS g (text, integer, truth)",
    ...[texts, integers, truths],
  );
  expect(rows).toEqual(integers.map((integer, n) => ({ text: texts[n] ?? null, integer, truth: truths[n] ?? null })));
  expect(await database.all("SELECT cardinality($1::text[]) AS length", [])).toEqual([{ length: 0 }]);
  await expect(database.all("SELECT $1", ["a"])).rejects.toThrow("of what type the elements of an array are");
});

describe("workers of several processes", () => {
  it("hear of work that another store makes", async () => {
    const other = postgres(options);
    await other.open();
    const heard: string[] = [];
    const stop = [opened.onWork?.("shop", () => heard.push("shop")), opened.onWork?.("else", () => heard.push("else"))];
    // The connection that listens is being made: what is told before is not heard, and is found by looking.
    while (heard.length === 0) {
      await other.putEvents([{ id: crypto.randomUUID(), app: "shop", name: "e", data: "{}", receivedAt: 0 }]);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(new Set(heard)).toEqual(new Set(["shop"]));
    for (const each of stop) each?.();
    await other.close();
    await emptySchema(options);
  });

  it("are told once of work that comes at once", async () => {
    const other = postgres(options);
    await other.open();
    const listener = new pg.Client(options.url);
    await listener.connect();
    const told: (string | undefined)[] = [];
    listener.on("notification", ({ payload }) => told.push(payload));
    await listener.query(`LISTEN "backstitch_${options.schema}"`);
    const { database } = other as PostgresStore;
    for (const app of ["shop", "shop", "else", "shop", "else"]) database.wake(app);
    while (told.length < 2) await listener.query("SELECT pg_sleep(0.01)");
    // Whatever else was on the way has arrived.
    await other.close();
    await listener.query("SELECT");
    expect(told.sort()).toEqual(["else", "shop"]);
    await listener.end();
  });

  it("share what is due: each run goes to one of them, whoever asks at the same time", async () => {
    const ids = Array.from({ length: 60 }, (_, n) => `run-${String(n).padStart(2, "0")}`);
    await opened.putEvents(ids.map((id) => ({ id, app: "shop", name: "e", data: "{}", receivedAt: 0 })));
    for (const id of ids) {
      await opened.route({ app: "shop", id }, [{ id, app: "shop", functionId: "f", eventId: id, wakeAt: 0 }]);
    }
    const stores = Array.from({ length: 4 }, () => postgres({ ...options, connections: 1 }));
    await Promise.all(stores.map((store) => store.open()));
    const taken: string[] = [];
    const take = async (store: Store, worker: string) => {
      for (;;) {
        const claims = await store.claim({ app: "shop", worker, functions: ["f"], limit: 4, now: 1, leaseMs: 60_000 });
        if (claims.length === 0) return;
        taken.push(...claims.map(({ run }) => run));
        const turns = claims.map(({ run, epoch, seq }) => ({ run, epoch, seq, now: 2, label: null, wakeAt: null }));
        await store.commit(turns.map((turn) => ({ ...turn, status: "running", release: true, steps: [] })));
      }
    };
    await Promise.all(stores.map((store, n) => take(store, `w${n}`)));
    expect(taken.sort()).toEqual(ids);
    await Promise.all(stores.map((store) => store.close()));
    await emptySchema(options);
  });
});
