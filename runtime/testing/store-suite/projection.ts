/** Conformance: runs that an engine executes, as the store shows them. */
import assert from "node:assert/strict";
import type { ProjectedRun, Store } from "../../store.ts";
import { addRun, app, type Check, claim, event, ids, t0, view } from "./support.ts";

function projected(id: string, revision: number, changes: Partial<ProjectedRun> = {}): ProjectedRun {
  return {
    ...{ id, app, functionId: "f", status: "running", label: `at ${revision}`, event: event(`e-${id}`), wakeAt: t0 },
    ...{ output: null, error: null, createdAt: t0, updatedAt: t0 + revision, endedAt: null, revision },
    ...changes,
  };
}

export function projectionTests(check: Check): void {
  check("shows what is newest, in whatever order it comes", async (store) => {
    assert.equal(await store.projection.asOf(app), undefined);
    const parent = { run: "caller", op: 2 };
    await store.projection.put(app, [projected("a", 3), projected("b", 1, { parent, origin: { run: "a", op: 1 } })]);
    assert.equal(await store.projection.asOf(app), undefined);
    const over = { status: "completed", label: null, output: '"out"', wakeAt: null, endedAt: t0 + 9 } as const;
    await store.projection.put(
      app,
      [projected("a", 2), projected("b", 5, { parent, origin: { run: "a", op: 1 }, ...over })],
      t0 + 50,
    );
    await store.projection.put(app, [projected("b", 4)], t0 + 40);
    assert.equal(await store.projection.asOf(app), t0 + 50);
    const { revision: _, ...b } = projected("b", 5, { parent, origin: { run: "a", op: 1 }, ...over });
    assert.deepEqual(await view(store, "b"), b);
    assert.equal((await view(store, "a")).label, "at 3");
    assert.deepEqual(
      (await store.listRuns({ app, status: "completed", limit: 9 })).runs.map(({ id }) => id),
      ["b"],
    );
    assert.deepEqual(
      (await store.listRuns({ app, label: "at 3", limit: 9 })).runs.map(({ id }) => id),
      ["a"],
    );
    assert.deepEqual(await store.listApps(), [app]);
  });

  check("gives nobody work, and changes nothing itself", async (store) => {
    await addRun(store, "own", { runApp: "other" });
    await store.projection.put(app, [projected("a", 1), projected("b", 1, { status: "blocked" })], t0);
    assert.deepEqual(await claim(store), []);
    await refused(store, [
      () => store.nextWake(app, ["f"]),
      () => store.cancel("a", t0, { unwind: false }),
      () => store.resume("b", t0),
      () => store.derive({ id: "c", origin: { run: "a" } }, t0),
      () => store.moves.leave({ id: "m", app }, t0),
      () => store.moves.arrive({ id: "m", app }, [], t0),
    ]);
    assert.deepEqual(ids(await claim(store, { app: "other" })), ["own"]);
  });
}

export function projectionPlaceTests(check: Check): void {
  check("are refused beside runs of the app that the store itself keeps, which go on", async (store) => {
    await addRun(store, "own");
    await assert.rejects(store.projection.put(app, [], t0), /no engine executes.*a store or schema of its own/);
    assert.deepEqual(ids(await claim(store)), ["own"]);
  });
}

async function refused(store: Store, calls: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const call of calls) await assert.rejects(call, /is a projection of runs that an engine executes/);
  assert.equal((await view(store, "a")).status, "running");
  assert.equal((await view(store, "b")).status, "blocked");
}
