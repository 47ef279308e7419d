/** Conformance: steps and runs as shown to people. */
import assert from "node:assert/strict";
import type { Claim, StepRecord, Store, StoredStep } from "../../store.ts";
import { addRun, app, type Check, claim, claimOne, step, t0, turn, view } from "./support.ts";

/** Commits each group of steps by itself, then reads all back. */
async function record(store: Store, ...groups: readonly StepRecord[][]): Promise<StoredStep[]> {
  await addRun(store, "r");
  const held = await claimOne(store);
  for (const steps of groups) assert.deepEqual(await store.commit([turn(held, { steps })]), ["ok"]);
  return store.listSteps("r");
}

export function stepTests(check: Check): void {
  check("reads back what was written, by op and attempt", async (store) => {
    const failed = {
      op: 1,
      attempt: 0,
      id: "a",
      kind: "step",
      status: "retrying",
      error: '"e"',
      startedAt: t0,
      endedAt: t0 + 1,
    } as const;
    const done = step(1, { attempt: 1, id: "a", input: "[1]" });
    const sleep = {
      op: 2,
      attempt: 0,
      id: "nap",
      kind: "sleep",
      status: "completed",
      startedAt: t0,
      endedAt: t0 + 9,
    } as const;
    const listed = await record(store, [sleep], [done, failed]);
    assert.deepEqual(listed, [
      { ...failed, index: 0 },
      { ...done, index: 0 },
      { ...sleep, index: 0 },
    ]);
    assert.deepEqual(await store.listSteps("missing"), []);
  });

  check("replaces an attempt that is written again", async (store) => {
    const listed = await record(store, [step(1, { status: "failed", error: '"e"' })], [step(1, { output: '"again"' })]);
    assert.deepEqual(listed, [{ ...step(1, { output: '"again"' }), index: 0 }]);
  });
}

export function stepIndexTests(check: Check): void {
  check("counts earlier ops with the same id; retries of an op do not count", async (store) => {
    const listed = await record(
      store,
      [step(1, { id: "a", status: "retrying" })],
      [step(1, { id: "a", attempt: 1 })],
      [step(2, { id: "b" })],
      [step(3, { id: "a", status: "retrying" }), step(3, { id: "a", attempt: 1 })],
      [step(12, { id: "a" })],
    );
    assert.deepEqual(
      listed.map(({ op, attempt, id, index }) => [op, attempt, id, index]),
      [
        [1, 0, "a", 0],
        [1, 1, "a", 0],
        [2, 0, "b", 0],
        [3, 0, "a", 1],
        [3, 1, "a", 1],
        [12, 0, "a", 2],
      ],
    );
  });

  check("counts them right when ops that run side by side end in another order", async (store) => {
    const a = (op: number, attempt = 0) => step(op, { id: "a", attempt });
    const listed = await record(store, [a(3)], [step(2, { id: "b" }), a(1)], [a(5), a(4)], [a(1, 1), a(3, 1)]);
    const indexes = listed.filter(({ id }) => id === "a").map(({ op, index }) => [op, index]);
    assert.deepEqual(indexes, [
      [1, 0],
      [1, 0],
      [3, 1],
      [3, 1],
      [4, 2],
      [5, 3],
    ]);
  });

  check("does not mix the steps of two runs", async (store) => {
    await addRun(store, "r1");
    await addRun(store, "r2");
    const claims = await claim(store);
    await store.commit(claims.map((held) => turn(held, { steps: [step(1, { id: "a", output: held.run })] })));
    for (const run of ["r1", "r2"]) {
      assert.deepEqual(await store.listSteps(run), [{ ...step(1, { id: "a", output: run }), index: 0 }]);
    }
  });
}

export function stepPageTests(check: Check): void {
  check("believes what is counted of the pages before", async (store) => {
    await record(store, [step(1, { id: "a" }), step(2, { id: "a" }), step(3, { id: "b" })]);
    const indexes = async (counted?: ReadonlyMap<string, number>) =>
      (await store.listSteps("r", { after: 1, ...(counted && { counted }) })).map(({ id, index }) => `${id}:${index}`);
    assert.deepEqual(await indexes(), ["a:1", "b:0"]);
    assert.deepEqual(await indexes(new Map([["a", 7]])), ["a:7", "b:0"]);
  });

  check("gives pages of whole ops, with the right indexes", async (store) => {
    const retried = [step(2, { id: "a", status: "retrying" }), step(2, { id: "a", attempt: 1 })];
    await record(store, [step(1, { id: "a" }), ...retried, step(3), step(4, { id: "a" })]);
    const page = async (after?: number, limit?: number) => {
      const listed = await store.listSteps("r", {
        ...(after !== undefined && { after }),
        ...(limit !== undefined && { limit }),
      });
      return listed.map(({ op, index }) => [op, index]);
    };
    assert.deepEqual(await page(undefined, 2), [
      [1, 0],
      [2, 1],
      [2, 1],
    ]);
    assert.deepEqual(await page(2, 1), [[3, 0]]);
    assert.deepEqual(await page(2), [
      [3, 0],
      [4, 2],
    ]);
    assert.deepEqual(await page(4, 5), []);
  });
}

export function listTests(check: Check): void {
  check("lists newest first, with filters and a cursor", async (store) => {
    for (const id of ["r2", "r1", "r4", "r3"]) await addRun(store, id, { functionId: id === "r3" ? "g" : "f" });
    await addRun(store, "r9", { runApp: "other" });
    for (const held of await claim(store, { limit: 2 })) await store.commit([turn(held, { status: "completed" })]);
    const list = async (query: object) => (await store.listRuns({ app, limit: 10, ...query })).runs.map(({ id }) => id);

    assert.deepEqual(await list({}), ["r4", "r3", "r2", "r1"]);
    assert.deepEqual(await list({ limit: 2 }), ["r4", "r3"]);
    assert.deepEqual(await list({ limit: 2, before: "r3" }), ["r2", "r1"]);
    assert.deepEqual(await list({ before: "r1" }), []);
    assert.deepEqual(await list({ functionId: "f" }), ["r4", "r2", "r1"]);
    assert.deepEqual(await list({ status: "completed" }), ["r2", "r1"]);
    assert.deepEqual(await list({ status: "completed", before: "r2" }), ["r1"]);
    assert.deepEqual(await list({ functionId: "f", status: "running" }), ["r4"]);
    assert.deepEqual(await list({ functionId: "g", status: "running", before: "r3" }), []);
    assert.deepEqual(await list({ app: "other" }), ["r9"]);
    assert.deepEqual(await list({ status: "failed" }), []);
  });

  check("lists what is parked, of all apps, with its frames", async (store) => {
    for (const id of ["r2", "r1", "r3"]) await addRun(store, id);
    await addRun(store, "r0", { runApp: "other" });
    const [one, two] = (await claim(store)).sort((a, b) => (a.run < b.run ? -1 : 1));
    await store.commit([
      turn(one as Claim, { frame: "[1,1]", label: "pay" }),
      turn(two as Claim, { status: "completed" }),
    ]);
    const parked = { app, functionId: "f", status: "running", label: null, error: null, frame: null };
    assert.deepEqual(await store.listParked({ limit: 10 }), [
      { ...parked, id: "r0", app: "other" },
      { ...parked, id: "r1", label: "pay", frame: "[1,1]" },
      { ...parked, id: "r3" },
    ]);
    assert.deepEqual(
      (await store.listParked({ limit: 1, after: "r0" })).map(({ id }) => id),
      ["r1"],
    );
  });

  check("shows a run the same as getRun", async (store) => {
    await addRun(store, "r");
    await store.commit([turn(await claimOne(store), { status: "completed", output: "1" })]);
    assert.deepEqual((await store.listRuns({ app, limit: 1 })).runs, [await view(store, "r")]);
    assert.equal(await store.getRun("missing"), undefined);
  });
}
