import { join } from "node:path";
import { expect, it } from "vitest";
import type { Claim, Commit } from "../../store.ts";
import { temporaryFolder } from "../testing-support.ts";
import { SqliteStore } from "./sqlite-store.ts";

const folder = temporaryFolder();
const piece = { array: 1, index: 0, text: "1" };
const request = { app: "shop", functions: ["f"], limit: 9, leaseMs: 9 };

async function openStore(path: string, ...runs: readonly string[]): Promise<SqliteStore> {
  const store = new SqliteStore(path);
  await store.open();
  for (const id of runs) {
    await store.putEvents([{ id, app: "shop", name: "e", data: "{}", receivedAt: 0 }]);
    await store.route({ app: "shop", id }, [{ id, app: "shop", functionId: "f", eventId: id, wakeAt: 0 }]);
  }
  return store;
}

function turn({ run, epoch }: Claim, changes: Partial<Commit> = {}): Commit {
  const going = { status: "running", label: null, wakeAt: 0, release: false } as const;
  return { run, epoch, now: 2, steps: [], frame: "F", ...going, ...changes };
}

function numberOfPieces({ connection }: SqliteStore): unknown {
  return connection.all("SELECT count(*) AS count FROM pieces")[0]?.["count"];
}

it("keeps no pieces of runs that have ended", async () => {
  const store = await openStore(":memory:", "done", "done at once", "stopped", "going");
  const claims = await store.claim({ ...request, worker: "w", now: 1 });
  const of = (run: string, changes: Partial<Commit>) => turn(claims.find((each) => each.run === run) as Claim, changes);
  await store.commit(["done", "stopped", "going"].map((run) => of(run, { pieces: [piece] })));
  expect(numberOfPieces(store)).toBe(3);
  await store.commit(["done", "done at once"].map((run) => of(run, { status: "completed", pieces: [piece] })));
  expect(numberOfPieces(store)).toBe(2);
  await store.cancel("stopped", 3, { unwind: false });
  expect(numberOfPieces(store)).toBe(1);
  await store.close();
});

it("asks nothing about pieces for runs that have none", async () => {
  const store = await openStore(":memory:", "r1", "r2");
  const claims = await store.claim({ ...request, worker: "w", now: 1 });
  await store.commit(claims.map((held) => turn(held, { release: true })));
  const again = await store.claim({ ...request, worker: "w", now: 2 });
  await store.getParked("r1");
  await store.listParked({ limit: 9 });
  await store.cancel("r2", 3, { unwind: false });
  await store.commit(again.map((held) => turn(held, { status: "completed" })));
  const asked = () => store.connection.statements.filter((sql) => /\bpieces\b/.test(sql));
  expect(asked()).toEqual([]);
  expect(numberOfPieces(store)).toBe(0);
  expect(asked()).toHaveLength(1);
  await store.close();
});

it("brings a file of the first version up to date, with runs that are under way", async () => {
  const path = join(folder(), "before.db");
  const before = await openStore(path, "r");
  const [held] = await before.claim({ ...request, worker: "w", now: 1 });
  await before.commit([turn(held as Claim)]);
  before.connection.exec(`ALTER TABLE runs DROP COLUMN has_pieces; DROP TABLE pieces; DROP TABLE removed_steps; DROP INDEX runs_going;
     DROP TABLE moves; DROP TABLE moving_runs; DROP TABLE moving_events;
     PRAGMA user_version = 1`);
  await before.close();
  const store = await openStore(path);
  const [again] = await store.claim({ ...request, worker: "w2", now: 100 });
  expect([again?.frame, again?.pieces]).toEqual(["F", undefined]);
  await store.commit([turn(again as Claim, { pieces: [piece] })]);
  const [last] = await store.claim({ ...request, worker: "w3", now: 200 });
  expect(last?.pieces).toEqual([piece]);
  await store.close();
});
