/** Steps that write to the database of their store: once, whatever happens to them. */
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { encode } from "../../codec/index.ts";
import { encrypted } from "../../encryption/index.ts";
import { BackstitchError } from "../../faults.ts";
import { placed, type StepContext } from "../../step-place.ts";
import type { Claim, Commit, StepRecord } from "../../store.ts";
import { newSchema, testServer } from "../testing-postgres.ts";
import { type PostgresOptions, postgres, type TransactionalStore, type TransactionWork } from "./index.ts";

const server = testServer();
let options: PostgresOptions;
let admin: pg.Client;
const opened: TransactionalStore[] = [];
let store: TransactionalStore;

beforeAll(async () => {
  admin = new pg.Client(server().url);
  await admin.connect();
});
afterAll(() => admin.end());

beforeEach(async () => {
  options = newSchema(server());
  await admin.query(`DROP TABLE IF EXISTS accounts; CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL);
    INSERT INTO accounts VALUES (1, 100), (2, 100)`);
  store = await another();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

/** A store of another worker. */
async function another(changes: Partial<PostgresOptions> = {}): Promise<TransactionalStore> {
  const made = postgres({ ...options, notify: false, ...changes });
  await made.open();
  opened.push(made);
  return made;
}

const request = { app: "shop", worker: "w", functions: ["f"], limit: 1, now: 10, leaseMs: 60_000 };

async function begun(id: string): Promise<Claim> {
  await store.putEvents([{ id, app: "shop", name: "e", data: "{}", receivedAt: 0 }]);
  await store.route({ app: "shop", id }, [{ id, app: "shop", functionId: "f", eventId: id, wakeAt: 0 }]);
  const [claim] = await store.claim(request);
  return claim as Claim;
}

function end({ run, epoch, seq }: Claim): Commit {
  return { run, epoch, seq, now: 20, status: "completed", label: null, wakeAt: null, release: true, steps: [] };
}

/** What an attempt of step `op` gets. */
function attempt(run: string, op = 1, signal = new AbortController().signal, isOver = () => false): StepContext {
  return { ...placed({ run, op, isOver }), signal, attempt: 0, idempotencyKey: `${run}/${op}` };
}

const debit: TransactionWork<number> = async (client) => {
  const sql = "UPDATE accounts SET balance = balance - 10 WHERE id = 1 RETURNING balance";
  const { rows } = await client.query<{ balance: number }>(sql);
  return rows[0]?.balance ?? 0;
};
const balances = async () => (await admin.query("SELECT balance FROM accounts ORDER BY id")).rows.map((r) => r.balance);
const rows = async () => (await admin.query(`SELECT op::int, output FROM ${options.schema}.transactions`)).rows;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (value) => expect.fail(`it gave ${String(value)}`),
    (error: unknown) => error,
  );
}

it("writes once, and gives what is recorded when the step is executed again", async () => {
  await begun("r");
  expect(await store.transaction(attempt("r"), debit)).toBe(90);
  const other = await another();
  const never = () => expect.fail("called again");
  expect(await other.transaction(attempt("r"), never)).toBe(90);
  expect(await other.transaction(attempt("r", 2), debit)).toBe(80);
  expect(await balances()).toEqual([80, 100]);
  expect(await rows()).toHaveLength(2);
});

it("gives every value that a step can give, as a reload would", async () => {
  await begun("r");
  const shared = { at: new Date(5), none: undefined, big: 2n ** 70n, "\0": "\ud800" };
  const given = new Map([["a", [shared, shared]]]);
  const first = await store.transaction(attempt("r"), () => given);
  const second = await store.transaction<typeof given>(attempt("r"), () => expect.fail("called again"));
  for (const output of [first, second]) {
    expect(output).toEqual(given);
    expect(output).not.toBe(given);
    expect(output.get("a")?.[0]).toBe(output.get("a")?.[1]);
  }
  expect(await store.transaction(attempt("r", 2), () => {})).toBeUndefined();
});

it("of two workers that execute a step at once, one writes and both give its output", async () => {
  await begun("r");
  const others = [store, await another(), await another()];
  let called = 0;
  const slow: TransactionWork<number> = async (client) => {
    called += 1;
    await pause(50);
    return debit(client);
  };
  for (const isolation of ["read committed", "repeatable read", "serializable"] as const) {
    const op = called + 1;
    const given = await Promise.all(others.map((each) => each.transaction(attempt("r", op), slow, { isolation })));
    expect(given).toEqual([100 - 10 * op, 100 - 10 * op, 100 - 10 * op]);
    expect(called).toBe(op);
  }
  expect(await balances()).toEqual([70, 100]);
});

it("rolls back when the function throws, and whoever waited for it begins", async () => {
  await begun("r");
  const problem = new Error("no funds");
  const failing: TransactionWork<number> = async (client) => {
    await debit(client);
    await pause(30);
    throw problem;
  };
  const context = attempt("r");
  const first = failure(store.transaction(context, failing));
  await pause(10);
  const second = (await another()).transaction(attempt("r"), debit);
  expect(await first).toBe(problem);
  expect(await second).toBe(90);
  // A new try in the same attempt is as good as a new attempt.
  expect(await store.transaction(context, failing)).toBe(90);
  expect(await balances()).toEqual([90, 100]);
});

it("rolls back an output that cannot be stored, naming the place", async () => {
  await begun("r");
  const call = store.transaction(attempt("r"), async (client) => {
    await debit(client);
    return { client };
  });
  expect(await failure(call)).toMatchObject({ name: "NotEncodableError", message: expect.stringMatching(/^\.client/) });
  expect([await balances(), await rows()]).toEqual([[100, 100], []]);
});

it("tries again what gave way to another transaction", async () => {
  await begun("r");
  const transfer =
    (from: number, to: number): TransactionWork<void> =>
    async (client) => {
      await client.query("UPDATE accounts SET balance = balance - 1 WHERE id = $1", [from]);
      await pause(20);
      await client.query("UPDATE accounts SET balance = balance + 1 WHERE id = $1", [to]);
    };
  await Promise.all([
    store.transaction(attempt("r", 1), transfer(1, 2)),
    store.transaction(attempt("r", 2), transfer(2, 1)),
  ]);
  expect(await balances()).toEqual([100, 100]);
  const increments = Array.from({ length: 4 }, (_, n) =>
    store.transaction(
      attempt("r", 10 + n),
      async (client) => {
        const { rows: found } = await client.query<{ balance: number }>("SELECT balance FROM accounts WHERE id = 1");
        await client.query("UPDATE accounts SET balance = $1 WHERE id = 1", [(found[0]?.balance ?? 0) + 1]);
      },
      { isolation: "serializable" },
    ),
  );
  await Promise.all(increments);
  expect(await balances()).toEqual([104, 100]);
  expect(await rows()).toHaveLength(6);
  let tries = 0;
  const always = store.transaction(attempt("r", 20), async (client) => {
    tries += 1;
    await client.query("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$");
  });
  expect(await failure(always)).toMatchObject({ code: "40001" });
  expect(tries).toBe(5);
});

it("rolls back when the signal aborts, and hands no connection out that is still used", async () => {
  await begun("r");
  const small = await another({ connections: 1 });
  const abort = new AbortController();
  const reason = new Error("too slow");
  let late: Promise<unknown> | undefined;
  const call = small.transaction(attempt("r", 1, abort.signal), async (client) => {
    await debit(client);
    setTimeout(() => abort.abort(reason), 10);
    late = pause(60).then(() => debit(client));
    await late;
  });
  const waiting = new AbortController();
  const queued = small.transaction(attempt("r", 2, waiting.signal), debit);
  waiting.abort(new Error("not wanted"));
  expect(await failure(queued)).toMatchObject({ message: "not wanted" });
  expect(await failure(call)).toBe(reason);
  expect(await small.transaction(attempt("r", 1), debit)).toBe(90);
  expect(await failure(late as Promise<unknown>)).toBeInstanceOf(Error);
  expect(await small.transaction(attempt("r", 3), debit)).toBe(80);
  const stopped = failure(
    small.transaction(attempt("r", 4, AbortSignal.timeout(30)), (client) => client.query("SELECT pg_sleep(5)")),
  );
  expect(await stopped).toMatchObject({ name: "TimeoutError" });
  expect(await balances()).toEqual([80, 100]);
});

it("refuses a transaction outside of a step of a run on this store, and a second one in a step", async () => {
  const claim = await begun("r");
  const refused = async (call: Promise<unknown>, words: string) => {
    const error = await failure(call);
    expect(error).toBeInstanceOf(BackstitchError);
    expect(error).toMatchObject({ code: "BS2120", message: expect.stringContaining(words) });
  };
  await refused(store.transaction(undefined as never, debit), "no context of a step");
  await refused(store.transaction({ idempotencyKey: "r/1" } as never, debit), "no context of a step");
  await refused(
    store.transaction(
      attempt("r", 1, undefined, () => true),
      debit,
    ),
    "the step has ended",
  );
  await refused(store.transaction(attempt("r"), undefined as never), "no function");
  await refused(store.transaction(attempt("other"), debit), "the run other is not in this store");
  const context = attempt("r");
  await refused(
    store.transaction(context, () => store.transaction(context, debit)),
    "has had a transaction",
  );
  await store.transaction(context, debit);
  await refused(store.transaction(context, debit), "has had a transaction");
  let isOver = false;
  const forgotten = store.transaction(
    attempt("r", 2, undefined, () => isOver),
    async (client) => {
      isOver = true;
      return debit(client);
    },
  );
  await refused(forgotten, "Await the transaction");
  expect(await failure(store.transaction(attempt("r", 3), debit, { isolation: "best" as never }))).toMatchObject({
    code: "BS2013",
  });
  expect(await balances()).toEqual([90, 100]);
  await store.commit([end(claim)]);
  expect(await rows()).toEqual([]);
  await refused(store.transaction(attempt("r"), debit), "the run r has ended");
  expect([await balances(), await rows()]).toEqual([[90, 100], []]);
  await store.close();
  expect(await failure(store.transaction(attempt("r"), debit))).toMatchObject({
    name: "StoreError",
    operation: "transaction",
  });
});

it("refuses a function that ends the transaction itself, or goes on behind an error", async () => {
  await begun("r");
  const ended = async (sql: string, op: number) =>
    failure(
      store.transaction(attempt("r", op), async (client) => {
        await debit(client);
        await client.query(sql);
      }),
    );
  for (const sql of ["COMMIT", " rollback", "BEGIN", "END;", "START TRANSACTION", "PREPARE TRANSACTION 'x'"]) {
    expect(await ended(sql, 1)).toMatchObject({
      code: "BS2121",
      message: expect.stringContaining("its function executed"),
    });
  }
  expect(await ended("SELECT 1; ROLLBACK", 1)).toMatchObject({ code: "BS2121" });
  expect(await balances()).toEqual([100, 100]);
  expect(await ended("SELECT 1; COMMIT", 2)).toMatchObject({ message: expect.stringContaining("in this attempt") });
  expect(await ended("SELECT 1", 2)).toMatchObject({ message: expect.stringContaining("in an earlier attempt") });
  const goesOn = store.transaction(attempt("r", 3), async (client) => {
    await client.query("SELECT 1 / 0").catch(() => {});
  });
  expect(await failure(goesOn)).toMatchObject({ code: "BS2121", cause: { code: "25P02" } });
  await store.transaction(attempt("r", 4), async (client) => {
    await client.query("SAVEPOINT s");
    await client.query("SELECT 1 / 0").catch(() => client.query("ROLLBACK TO SAVEPOINT s"));
    await debit(client);
  });
  expect(await balances()).toEqual([80, 100]);
  const released = store.transaction(attempt("r", 5), (client) => client.release());
  expect(await failure(released)).toMatchObject({ code: "BS2121" });
  let leaked: pg.PoolClient | undefined;
  await store.transaction(attempt("r", 6), (client) => {
    leaked = client;
  });
  expect(() => leaked?.query("SELECT 1")).toThrow("when the transaction was over");
});

it("rolls back when a constraint fails that is deferred to the end", async () => {
  await begun("r");
  await admin.query("CREATE TABLE IF NOT EXISTS once (id int UNIQUE DEFERRABLE INITIALLY DEFERRED); TRUNCATE once");
  const call = store.transaction(attempt("r"), async (client) => {
    await debit(client);
    await client.query("INSERT INTO once VALUES (1), (1)");
  });
  expect(await failure(call)).toMatchObject({ code: "23505" });
  expect([await balances(), await rows()]).toEqual([[100, 100], []]);
});

it("removes what is recorded with the run, however it goes", async () => {
  await begun("r");
  await store.transaction(attempt("r"), debit);
  await store.cancel("r", 20, { unwind: false });
  expect(await rows()).toEqual([]);
  // As a zombie leaves it that had begun before.
  await admin.query(`INSERT INTO ${options.schema}.transactions SELECT n, 1, '[1,1]' FROM ${options.schema}.runs`);
  expect(await store.prune({ app: "shop", before: 100, limit: 10, stepLimit: 99 })).toMatchObject({ runs: 1 });
  expect(await rows()).toEqual([]);
});

it("keeps what a step without an outcome has written when records of steps are removed", async () => {
  const held = await begun("r");
  await store.transaction(attempt("r", 1), debit);
  await store.transaction(attempt("r", 2), debit);
  const record = (op: number, status: "retrying" | "completed"): StepRecord => {
    return { op, attempt: 0, id: "s", kind: "step", status, startedAt: 0, endedAt: 1 };
  };
  const going = { status: "running", label: "s", wakeAt: 0, release: false } as const;
  await store.commit([{ ...end(held), ...going, steps: [record(1, "retrying"), record(2, "completed")] }]);
  expect(await store.pruneSteps({ app: "shop", keep: 0, runs: 9, limit: 9 })).toEqual({ steps: 2 });
  expect(await rows()).toEqual([{ op: 1, output: encode(90) }]);
  expect(await store.transaction<unknown>(attempt("r", 1), () => expect.fail("called again"))).toBe(90);
});

it("brings a schema of the version before up to date, also when workers start together", async () => {
  await store.close();
  await admin.query(
    `DROP TABLE ${options.schema}.transactions, ${options.schema}.pieces, ${options.schema}.removed_steps,
       ${options.schema}.moves, ${options.schema}.moving_runs, ${options.schema}.moving_events;
     ALTER TABLE ${options.schema}.runs DROP COLUMN has_pieces;
     DELETE FROM ${options.schema}.migrations WHERE version > 1`,
  );
  await Promise.all([another(), another(), another()]);
  store = opened.at(-1) as TransactionalStore;
  await begun("r");
  expect(await store.transaction(attempt("r"), debit)).toBe(90);
});

it("encrypts what it records when the store is encrypted", async () => {
  encrypted(store, { keys: Buffer.alloc(32, 7).toString("base64") });
  await begun("r");
  const secret = { card: "4111" };
  expect(await store.transaction(attempt("r"), () => secret)).toEqual(secret);
  expect(JSON.stringify(await rows())).toContain("aes-256-gcm");
  expect(JSON.stringify(await rows())).not.toContain("4111");
  expect(await store.transaction<unknown>(attempt("r"), () => expect.fail("called again"))).toEqual(secret);
  await admin.query(
    `INSERT INTO ${options.schema}.transactions SELECT run, 2, output FROM ${options.schema}.transactions`,
  );
  expect(await failure(store.transaction(attempt("r", 2), debit))).toMatchObject({ name: "DecodeError" });
});
