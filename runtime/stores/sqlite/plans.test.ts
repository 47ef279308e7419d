import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { addRuns, callEverything, claimOne, turn } from "../testing-calls.ts";
import { temporaryFolder } from "../testing-support.ts";
import { SqliteStore } from "./sqlite-store.ts";

const folder = temporaryFolder();

async function openStore(path: string, ...runs: readonly string[]): Promise<SqliteStore> {
  const store = new SqliteStore(path);
  await store.open();
  await addRuns(store, ...runs);
  return store;
}

function planOf({ connection }: SqliteStore, sql: string): string[] {
  const parameters = [...sql].filter((char) => char === "?").map(() => null);
  return connection.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...parameters).map(({ detail }) => detail);
}

/** Lines of the plan of a statement that cost more the more rows there are. */
function costlyLines(store: SqliteStore, sql: string): string[] {
  const costly = /^SCAN (?!CONSTANT|sqlite_schema|\(subquery)|TEMP B-TREE/;
  // The steps of one run are counted by their ids where a page of them does not begin with the first.
  if (sql.includes("count(DISTINCT op)")) return planOf(store, sql).filter((detail) => detail.startsWith("SCAN"));
  return planOf(store, sql).filter((detail) => costly.test(detail));
}

it("no statement walks through a table or sorts", async () => {
  const store = await openStore(":memory:", "r1", "r2", "r3", "r4");
  expect(costlyLines(store, "SELECT id FROM runs WHERE seq = ?")).not.toEqual([]);
  expect(costlyLines(store, "SELECT id FROM steps ORDER BY ended_at")).not.toEqual([]);
  await callEverything(store);
  const statements = store.connection.statements.filter((sql) => !sql.startsWith("EXPLAIN"));
  expect(statements.length).toBeGreaterThan(30);
  const costly = statements.map((sql) => [sql, costlyLines(store, sql)]).filter(([, lines]) => lines?.length);
  expect(costly).toEqual([]);
  await store.close();
});

it("no method is left out", async () => {
  const store = await openStore(":memory:", "r1", "r2", "r3", "r4");
  const called = new Set<string>();
  const watched = new Proxy(store, {
    get(target, name: keyof SqliteStore) {
      called.add(name);
      const member: unknown = target[name];
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  await callEverything(watched);
  const methods = Object.getOwnPropertyNames(SqliteStore.prototype);
  const others = ["constructor", "connection", "open", "close"];
  expect([...called].sort()).toEqual(methods.filter((name) => !others.includes(name)).sort());
  await store.close();
});

it("every filter of a list is answered by an index, not by skipping rows", async () => {
  const store = await openStore(":memory:", "r1", "r2", "r3", "r4");
  await callEverything(store);
  const lists = store.connection.statements.filter((sql) => /ORDER BY (r.id|e.received_at) DESC/.test(sql));
  expect(lists.length).toBeGreaterThan(36);
  for (const sql of lists) {
    const [plan] = planOf(store, sql);
    const listed = sql.includes("ORDER BY r.id") ? "r" : "e";
    // A plus keeps a filter that is tested run by run, within a window, out of the choice of an index.
    for (const [filter, table, column] of sql.matchAll(/(?<!\+)([re])\.(\w+) [=<] \?/g)) {
      if (table !== listed) continue;
      expect(plan, filter).toMatch(new RegExp(`\\b${column}[=<]\\?`));
    }
  }
  await store.close();
});

it("the commit of a step writes two pages, whatever the number of runs and steps", async () => {
  const runs = Array.from({ length: 300 }, (_, n) => `run-${n}`);
  const path = join(folder(), "pages.db");
  const store = await openStore(path, ...runs);
  // The log starts empty and only grows, so that its size tells what a commit adds.
  store.connection.pragma("wal_autocheckpoint = 0");
  store.connection.pragma("wal_checkpoint(TRUNCATE)");
  const held = await claimOne(store);
  const pages: number[] = [];
  for (let op = 1; op <= 200; op += 1) {
    const before = statSync(`${path}-wal`).size;
    await store.commit([turn(held, op)]);
    const bytesPerPage = 4096 + 24;
    pages.push((statSync(`${path}-wal`).size - before) / bytesPerPage);
  }
  // A few commits split a page of a tree, and then write its neighbours too.
  const median = pages.sort((a, b) => a - b)[100];
  expect(median).toBe(2);
  await store.close();
});
