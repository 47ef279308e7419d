import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Claim, Commit, StepRecord } from "../../store.ts";
import { StoreError } from "../store-error.ts";
import { bundledScript, Script, temporaryFolder } from "../testing-support.ts";
import { openDriver } from "./driver.ts";
import { sqlite } from "./index.ts";
import { SqliteStore } from "./sqlite-store.ts";

const folder = temporaryFolder();
const script = bundledScript(new URL("testing-script.ts", import.meta.url));

async function openStore(name: string): Promise<{ path: string; store: SqliteStore }> {
  const path = join(folder(), name);
  const store = new SqliteStore(path);
  await store.open();
  return { path, store };
}

/** A file that was written by something else. */
async function fileWith(name: string, sql: string): Promise<string> {
  const path = join(folder(), name);
  const driver = await openDriver(path);
  driver.exec(sql);
  driver.close();
  return path;
}

const event = (id: string) => ({ id, app: "shop", name: "e", data: "{}", receivedAt: 0 });

/** The error of a call that must fail; it must name the file and the operation. */
async function failure(call: Promise<unknown>, path: string, operation: string): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ name: "StoreError", location: path, operation });
  const { message } = error as StoreError;
  expect(message.startsWith(`${path}: ${operation} failed: `)).toBe(true);
  return message;
}

it("the settings that durability rests on are in force", async () => {
  const { store } = await openStore("settings.db");
  const names = ["journal_mode", "synchronous", "fullfsync", "foreign_keys", "busy_timeout", "user_version"];
  expect(names.map((name) => store.connection.pragma(name))).toEqual(["wal", 2, 1, 0, 5_000, 4]);
  await store.close();
});

it("refuses a file of a newer version, and leaves it as it is", async () => {
  const { path, store } = await openStore("newer.db");
  store.connection.exec("PRAGMA user_version = 99");
  await store.close();
  const before = readFileSync(path);
  const message = await failure(sqlite({ path }).open(), path, "open");
  expect(message).toContain("schema version 99");
  expect(message).toContain("Update backstitch");
  expect(readFileSync(path)).toEqual(before);
});

it("refuses the database of another program, and leaves it as it is", async () => {
  const path = await fileWith("foreign.db", "CREATE TABLE runs (id); PRAGMA user_version = 1");
  const before = readFileSync(path);
  expect(await failure(sqlite({ path }).open(), path, "open")).toContain("another program");
  expect(readFileSync(path)).toEqual(before);
});

it("refuses a file that is not a database", async () => {
  const path = join(folder(), "text.db");
  writeFileSync(
    path,
    "this is not a database, but it is long enough to have a header of one hundred bytes. ".repeat(9),
  );
  expect(await failure(sqlite({ path }).open(), path, "open")).toContain("not an SQLite database");
});

it("says that the file is damaged, and gives nothing of what is", async () => {
  const { path, store } = await openStore("damaged.db");
  await store.putEvents(Array.from({ length: 200 }, (_, n) => ({ ...event(`e${n}`), data: "x".repeat(1_000) })));
  const page = store.connection.pragma("page_size") as number;
  await store.close();
  const bytes = readFileSync(path);
  // The first page holds the schema.
  bytes.fill(0xff, page * Math.floor(bytes.length / page / 2));
  writeFileSync(path, bytes);
  await store.open();
  expect(await failure(store.unroutedEvents("shop", 999), path, "unroutedEvents")).toContain("damaged");
  await store.close();
});

it("says that a folder is missing", async () => {
  const path = join(folder(), "missing", "x.db");
  expect(await failure(sqlite({ path }).open(), path, "open")).toContain("folder must exist");
});

it("says that a folder cannot be written", async () => {
  const closed = join(folder(), "closed");
  chmodSync(folder(), 0o755);
  mkdirSync(closed);
  chmodSync(closed, 0o555);
  const path = join(closed, "x.db");
  const line = await new Script(script(), "openWithoutRights", path).line();
  expect(line).toContain(`StoreError: ${path}: open failed: `);
  expect(line).toContain("able to write");
});

it("says which driver to install when there is none", async () => {
  const none = async () => undefined;
  const message = await failure(openDriver("/x.db", [none, none]), "/x.db", "open");
  expect(message).toContain(process.version);
  expect(message).toContain("npm install libsql");
});

it("says that another process keeps the file locked, and works again when it is free", async () => {
  const { path, store } = await openStore("locked.db");
  store.connection.pragma("busy_timeout = 20");
  const other = await openDriver(path);
  other.exec("BEGIN IMMEDIATE");
  expect(await failure(store.putEvents([event("e")]), path, "putEvents")).toContain("another process");
  other.exec("ROLLBACK");
  other.close();
  await store.putEvents([event("e")]);
  expect(await store.unroutedEvents("shop", 9)).toHaveLength(1);
  await store.close();
});

it("says that the disk is full, writes nothing of the call, and works again when there is space", async () => {
  const { path, store } = await openStore("full.db");
  store.connection.pragma(`max_page_count = ${store.connection.pragma("page_count")}`);
  const large = { ...event("large"), data: "x".repeat(100_000) };
  const message = await failure(store.putEvents([event("small"), large]), path, "putEvents");
  expect(message).toContain("disk is full");
  expect(await store.unroutedEvents("shop", 9)).toEqual([]);
  store.connection.pragma("max_page_count = 100000");
  await store.putEvents([event("small"), large]);
  expect(await store.unroutedEvents("shop", 9)).toHaveLength(2);
  await store.close();
});

it("says that the file is read-only", async () => {
  const { path, store } = await openStore("read-only.db");
  store.connection.pragma("query_only = ON");
  expect(await failure(store.putEvents([event("e")]), path, "putEvents")).toContain("read-only");
  expect(await store.unroutedEvents("shop", 9)).toEqual([]);
  await store.close();
});

it("writes nothing of a batch when one of its statements fails", async () => {
  const { path, store } = await openStore("batch.db");
  for (const id of ["r1", "r2"]) {
    await store.putEvents([event(id)]);
    await store.route({ app: "shop", id }, [{ id, app: "shop", functionId: "f", eventId: id, wakeAt: 0 }]);
  }
  const claims = await store.claim({ app: "shop", worker: "w", functions: ["f"], limit: 2, now: 0, leaseMs: 1 });
  const [good, bad] = claims as [Claim, Claim];
  const step: StepRecord = { op: 1, attempt: 0, id: "a", kind: "step", status: "completed", startedAt: 0, endedAt: 0 };
  const turn = ({ run, epoch }: Claim, steps: readonly StepRecord[]): Commit => {
    return { run, epoch, now: 1, status: "running", label: "written", wakeAt: 0, release: false, steps };
  };
  const withoutTime = { ...step, endedAt: Number.NaN };
  await failure(store.commit([turn(good, [step]), turn(bad, [step, withoutTime])]), path, "commit");
  for (const id of ["r1", "r2"]) {
    expect(await store.listSteps(id)).toEqual([]);
    expect((await store.getRun(id))?.label).toBeNull();
  }
  expect(await store.commit([turn(good, [step]), turn(bad, [step])])).toEqual(["ok", "ok"]);
  await store.close();
});

it("says that it is not open", async () => {
  const { path, store } = await openStore("closed.db");
  expect(await failure(store.open(), path, "open")).toContain("open already");
  await store.close();
  await store.close();
  expect(await failure(store.getRun("r"), path, "getRun")).toContain("Call open() first");
  await store.open();
  expect(await store.getRun("r")).toBeUndefined();
  await store.close();
});

it.each([
  ["runs.db", 'sqlite() was given a text. Give an object: sqlite({ path: "…" })'],
  [undefined, "sqlite() needs an object of options. It may hold `path`"],
  [{}, "`path` of sqlite() is missing"],
  [{ path: new URL("file:///runs.db") }, "`path` of sqlite() is not a text"],
  [{ file: "runs.db" }, "sqlite() has no option `file`"],
])("sqlite(%j) is refused with what to give", (options, problem) => {
  expect(() => sqlite(options as never)).toThrow(problem);
});
