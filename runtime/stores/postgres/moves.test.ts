/** What only this store can do wrong when an app leaves it: steps that write in transactions, and workers of other processes. */
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { encode } from "../../codec/index.ts";
import { Moves } from "../../moves.ts";
import { placed, type StepContext } from "../../step-place.ts";
import type { Store } from "../../store.ts";
import { memoryStore } from "../memory.ts";
import { newSchema, testServer } from "../testing-postgres.ts";
import { type PostgresOptions, postgres, type TransactionalStore } from "./index.ts";

const server = testServer();
const opened: Store[] = [];
let admin: pg.Client;
let store: TransactionalStore;

beforeAll(async () => {
  admin = new pg.Client(server().url);
  await admin.connect();
});
afterAll(async () => {
  await Promise.all([admin.end(), ...opened.map((each) => each.close())]);
});
beforeEach(async () => {
  await admin.query(
    "DROP TABLE IF EXISTS accounts; CREATE TABLE accounts (balance int); INSERT INTO accounts VALUES (9)",
  );
  store = await another(newSchema(server()));
});

async function another(options: PostgresOptions): Promise<TransactionalStore> {
  const made = postgres({ ...options, notify: false });
  await made.open();
  opened.push(made);
  return made;
}

const move = { id: "m", app: "shop" };
const request = { app: "shop", worker: "w", functions: ["f"], limit: 9, now: 10, leaseMs: 20 };
/** When the lease of a claim has ended. */
const later = 100;

async function begun(...ids: string[]) {
  await store.putEvents(ids.map((id) => ({ id, app: "shop", name: "e", data: "{}", receivedAt: 0 })));
  for (const id of ids) {
    await store.route({ app: "shop", id }, [{ id, app: "shop", functionId: "f", eventId: id, wakeAt: 0 }]);
  }
  return store.claim(request);
}

function attempt(run: string): StepContext {
  const signal = new AbortController().signal;
  return { ...placed({ run, op: 1, isOver: () => false }), signal, attempt: 0, idempotencyKey: `${run}/1` };
}

const debit = (client: pg.PoolClient) => client.query("UPDATE accounts SET balance = balance - 1");
const balance = async () => (await admin.query("SELECT balance FROM accounts")).rows[0]?.balance;
const movesOf = (of: Store) => new Moves("shop", { now: () => later, until: async () => {} }, async () => of);

async function linesOf(of: Store): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of movesOf(of).export()) lines.push(line);
  return lines;
}

it("what a step has committed, and its run not recorded, is taken over where the run goes on", async () => {
  await begun("r");
  await store.transaction(attempt("r"), async (client) => {
    await debit(client);
    return "paid";
  });
  const lines = await linesOf(store);
  await expect(movesOf(memoryStore()).import(lines)).rejects.toThrow("only a PostgreSQL store can keep");
  const other = await another(newSchema(server()));
  await movesOf(other).import(lines);
  const again = await other.transaction(attempt("r"), () => expect.fail("it is done twice"));
  expect([again, await balance()]).toEqual(["paid", 8]);
});

it("a step that is being written by a worker whose lease has ended is waited for, and none begins later", async () => {
  await begun("r", "s");
  let finish = () => {};
  const writing = store.transaction(attempt("r"), async (client) => {
    await debit(client);
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return "paid";
  });
  while (!(await isWriting())) await new Promise((resolve) => setTimeout(resolve, 5));
  const leaving = store.moves.leave(move, later);
  while (!(await isWaiting())) await new Promise((resolve) => setTimeout(resolve, 5));
  finish();
  expect(await writing).toBe("paid");
  expect(await leaving).toEqual({ ...move, held: [] });
  const [r] = await store.moves.runs(move, { which: "going", limit: 9 });
  expect(r?.transactions).toEqual([{ op: 1, output: encode("paid") }]);
  await expect(store.transaction(attempt("s"), debit)).rejects.toThrow("leaves for another store");
  expect(await balance()).toBe(8);
});

/** The author's statement has been executed, and its transaction is open. */
async function isWriting(): Promise<boolean> {
  const sql = "SELECT FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE 'UPDATE accounts%'";
  return (await admin.query(sql)).rowCount === 1;
}

async function isWaiting(): Promise<boolean> {
  return (await admin.query("SELECT FROM pg_locks WHERE NOT granted AND mode = 'ShareLock'")).rowCount === 1;
}

it("a claim and a routing that were under way when the move began belong to it", { timeout: 60_000 }, async () => {
  const ids = Array.from({ length: 60 }, (_, n) => `run-${String(n).padStart(2, "0")}`);
  await store.putEvents(ids.map((id) => ({ id, app: "shop", name: "e", data: "{}", receivedAt: 0 })));
  const route = async (half: readonly string[]) => {
    for (const id of half) {
      await store
        .route({ app: "shop", id }, [{ id, app: "shop", functionId: "f", eventId: id, wakeAt: 0 }])
        .catch(() => {});
    }
  };
  const claim = async (worker: string) => {
    for (let tries = 0; tries < 30; tries++) {
      const claims = await store.claim({ ...request, worker, limit: 2 });
      const turns = claims.map(({ run, epoch, seq }) => ({ run, epoch, seq, now: 11, label: null, wakeAt: null }));
      await store.commit(turns.map((turn) => ({ ...turn, status: "running", frame: "F", release: true, steps: [] })));
    }
  };
  const leave = async () => {
    for (;;) {
      const { held } = await store.moves.leave(move, 12);
      if (held.length === 0) return;
    }
  };
  await Promise.all([route(ids.slice(0, 30)), route(ids.slice(30)), claim("a"), claim("b"), leave()]);
  const { items } = await store.moves.events(move, { limit: 100 });
  const runs = await store.moves.runs(move, { which: "going", limit: 100 });
  const queued = items.filter(({ fate }) => fate === "queued").map(({ id }) => id);
  expect([...queued, ...runs.map(({ id }) => id)].sort()).toEqual(ids);
  expect((await store.listRuns({ app: "shop", status: "running", limit: 100 })).runs).toEqual([]);
});
