import { createServer } from "node:net";
import pg from "pg";
import { beforeEach, expect, it } from "vitest";
import { BackstitchError } from "../../faults.ts";
import type { Claim, Commit } from "../../store.ts";
import { StoreError } from "../store-error.ts";
import { newSchema, testServer } from "../testing-postgres.ts";
import { type PostgresOptions, postgres } from "./index.ts";

const server = testServer();
let options: PostgresOptions;

beforeEach(() => {
  options = newSchema(server());
});

async function query(sql: string): Promise<unknown[]> {
  const client = new pg.Client(options.url);
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}

/** The message of a call that must fail; it must name the server, without its password, and the operation. */
async function failure(call: Promise<unknown>, operation: string): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  const { message, location } = error as StoreError;
  expect(location).toMatch(/^postgres:\/\//);
  expect(message.startsWith(`${location}: ${operation} failed: `)).toBe(true);
  expect(message).not.toContain("secret");
  return message;
}

const at = (host: string, path = "/postgres") => postgres({ url: `postgres://postgres:secret@${host}${path}` }).open();
const address = () => new URL(server().url).host;

it.each([
  [undefined, "missing"],
  ["", "not the address"],
  ["shop.db", "not the address"],
  ["mysql://localhost/x", "not the address"],
])("refuses the URL %s", (url, problem) => {
  const make = () => postgres({ url: url as string });
  expect(make).toThrow(BackstitchError);
  expect(make).toThrow(problem);
});

it("refuses a schema that could not stand in a statement, and options that there are not", () => {
  expect(() => postgres({ url: "postgres://h/d", schema: 'x"; DROP' })).toThrow("lower-case letters");
  expect(() => postgres({ url: "postgres://h/d", connections: 0 })).toThrow("`connections`");
  expect(() => postgres({ url: "postgres://h/d", pool: 1 } as PostgresOptions)).toThrow("no option `pool`");
  expect(() => postgres({ url: "postgres://h/d", notify: "no" } as never)).toThrow('`notify` of postgres() is "no"');
  const given = () => postgres("postgres://h:secret@h/d" as never);
  expect(given).toThrow('postgres() was given a text. Give an object: postgres({ url: "…" })');
  expect(given).not.toThrow("secret");
  expect(() => postgres(undefined as never)).toThrow("postgres() needs an object of options. It may hold `url`");
});

it("says that nothing listens, that there is no such host, and that the password or the database is wrong", async () => {
  const closed = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => closed.once("listening", resolve));
  const { port } = closed.address() as { port: number };
  await new Promise((resolve) => closed.close(resolve));
  expect(await failure(at(`127.0.0.1:${port}`), "open")).toContain("nothing listens there");
  expect(await failure(at("no-such-host.invalid"), "open")).toMatch(/no such host|cannot be looked up/);
  if (process.env["DATABASE_URL"]) return;
  expect(await failure(at(address()), "open")).toContain("refuses this user or password");
  const password = new URL(server().url).password;
  const missing = postgres({ url: `postgres://postgres:${password}@${address()}/missing` }).open();
  expect(await failure(missing, "open")).toContain("no such database");
});

it("workers that open a new schema at the same time all succeed", async () => {
  const stores = Array.from({ length: 6 }, () => postgres({ ...options, connections: 1 }));
  await Promise.all(stores.map((store) => store.open()));
  expect(await query(`SELECT max(version)::int AS version FROM ${options.schema}.migrations`)).toEqual([
    { version: 5 },
  ]);
  await Promise.all(stores.map((store) => store.close()));
});

it("refuses a schema of a newer version, and one that holds tables of another program", async () => {
  const store = postgres(options);
  await store.open();
  await store.close();
  await query(`INSERT INTO ${options.schema}.migrations VALUES (99)`);
  expect(await failure(store.open(), "open")).toContain("version 99");
  await query(
    `DROP SCHEMA ${options.schema} CASCADE; CREATE SCHEMA ${options.schema}; CREATE TABLE ${options.schema}.runs (id int)`,
  );
  expect(await failure(store.open(), "open")).toContain("tables of another program");
  expect(await query(`SELECT to_regclass('${options.schema}.migrations') AS found`)).toEqual([{ found: null }]);
});

it("says that an id is too long to be indexed", async () => {
  const store = postgres(options);
  await store.open();
  const id = Array.from({ length: 3_000 }, (_, n) => String.fromCharCode(0x4e00 + n * 7)).join("");
  const put = store.putEvents([{ id, app: "shop", name: "e", data: "{}", receivedAt: 0 }]);
  expect(await failure(put, "putEvents")).toContain("too long");
  await store.close();
});

it("says that it is not open", async () => {
  const store = postgres(options);
  expect(await failure(store.getRun("r"), "getRun")).toContain("Call open() first");
  await store.open();
  expect(await failure(store.open(), "open")).toContain("open already");
  await store.close();
  await store.close();
});

it("writes nothing of a batch when one of its statements fails", async () => {
  const store = postgres(options);
  await store.open();
  for (const id of ["r1", "r2"]) {
    await store.putEvents([{ id, app: "shop", name: "e", data: "{}", receivedAt: 0 }]);
    await store.route({ app: "shop", id }, [{ id, app: "shop", functionId: "f", eventId: id, wakeAt: 0 }]);
  }
  const claims = await store.claim({ app: "shop", worker: "w", functions: ["f"], limit: 2, now: 0, leaseMs: 1 });
  const [good, bad] = claims as [Claim, Claim];
  const turn = ({ run, epoch }: Claim, endedAt: number): Commit => {
    const step = { op: 1, attempt: 0, id: "a", kind: "step", status: "completed", startedAt: 0, endedAt } as const;
    return { run, epoch, seq: 0, now: 1, status: "running", label: "at", wakeAt: 0, release: false, steps: [step] };
  };
  await failure(store.commit([turn(good, 1), turn(bad, Number.NaN)]), "commit");
  expect([await store.listSteps("r1"), (await store.getRun("r1"))?.label]).toEqual([[], null]);
  expect(await store.commit([turn(good, 1), turn(bad, 1)])).toEqual(["ok", "ok"]);
  await store.close();
});
