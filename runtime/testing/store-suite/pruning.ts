/** Conformance: ended runs are removed with all that is theirs alone. */
import assert from "node:assert/strict";
import type { PruneRequest, Store } from "../../store.ts";
import { addRun, app, type Check, claim, claimOne, event, step, t0, turn, view } from "./support.ts";

/** Runs that end one after the other, from `t0` on, each with a step. */
async function addEnded(store: Store, ids: readonly string[]): Promise<void> {
  for (const [index, id] of ids.entries()) {
    await addRun(store, id);
    const held = await claimOne(store, { now: t0 });
    await store.commit([turn(held, { status: "completed", now: t0 + index, wakeAt: null, steps: [step(1)] })]);
  }
}

async function left(store: Store): Promise<string[]> {
  return (await store.listRuns({ app, limit: 100 })).runs.map(({ id }) => id);
}

async function prunedRuns(store: Store, request: PruneRequest): Promise<number> {
  return (await store.prune(request)).runs;
}

export function pruneTests(check: Check): void {
  check("removes what ended before a time, the first to end first, up to the limit", async (store) => {
    await addEnded(store, ["r1", "r2", "r3", "r4"]);
    assert.equal(await prunedRuns(store, { app, before: t0, limit: 10 }), 0);
    assert.equal(await prunedRuns(store, { app, before: t0 + 3, limit: 2 }), 2);
    assert.deepEqual(await left(store), ["r4", "r3"]);
    assert.deepEqual(await store.listSteps("r1"), []);
    assert.equal((await store.listSteps("r3")).length, 1);
    assert.equal(await prunedRuns(store, { app, before: t0 + 3, limit: 2 }), 1);
    assert.equal(await prunedRuns(store, { app, before: t0 + 3, limit: 2 }), 0);
    assert.deepEqual(await left(store), ["r4"]);
  });

  check("keeps the newest by number, and what either age or number removes goes", async (store) => {
    await addEnded(store, ["r1", "r2", "r3", "r4"]);
    assert.equal(await prunedRuns(store, { app, keep: 4, limit: 10 }), 0);
    assert.equal(await prunedRuns(store, { app, keep: 3, limit: 10 }), 1);
    assert.equal(await prunedRuns(store, { app, keep: 3, before: t0 + 2, limit: 10 }), 1);
    assert.deepEqual(await left(store), ["r4", "r3"]);
    assert.equal(await prunedRuns(store, { app, keep: 0, limit: 10 }), 2);
    assert.deepEqual(await left(store), []);
  });

  check("leaves runs that have not ended, and those of other apps", async (store) => {
    await addRun(store, "going");
    await addRun(store, "blocked");
    const claims = await claim(store);
    await store.commit(claims.map((held) => turn(held, { status: held.run === "blocked" ? "blocked" : "running" })));
    await addEnded(store, ["r1"]);
    assert.equal(await prunedRuns(store, { app: "other", before: t0 + 99, limit: 10 }), 0);
    assert.equal(await prunedRuns(store, { app, before: t0 + 99, keep: 0, limit: 10 }), 1);
    assert.deepEqual((await left(store)).sort(), ["blocked", "going"]);
  });

  check("a run stays while one that is made of it has not ended", async (store) => {
    await addEnded(store, ["r1"]);
    assert.equal(await store.derive({ id: "made", origin: { run: "r1" } }, t0), true);
    assert.equal(await prunedRuns(store, { app, keep: 0, limit: 10 }), 0);
    const held = await claimOne(store);
    await store.commit([turn(held, { status: "completed", wakeAt: null, now: t0 + 1 })]);
    assert.equal(await prunedRuns(store, { app, keep: 0, limit: 10 }), 2);
  });

  check("a run stays as long as there is one that went on from a step of it", async (store) => {
    await addEnded(store, ["r1"]);
    assert.equal(await store.derive({ id: "made", origin: { run: "r1", op: 2, plan: "[1,{}]" } }, t0), true);
    const held = await claimOne(store);
    await store.commit([turn(held, { status: "completed", wakeAt: null, now: t0 + 9 })]);
    assert.equal(await prunedRuns(store, { app, before: t0 + 5, limit: 10 }), 0);
    assert.equal(await prunedRuns(store, { app, before: t0 + 10, limit: 10 }), 1);
    assert.equal(await prunedRuns(store, { app, before: t0 + 10, limit: 10 }), 1);
  });
}

export function pruneEventTests(check: Check): void {
  check("an event goes with the last run that has it, and may start runs again", async (store) => {
    await store.putEvents([event("e")]);
    const runs = ["r1", "r2"].map((id) => ({ id, app, functionId: "f", eventId: "e", wakeAt: t0 }));
    await store.route({ app, id: "e" }, runs);
    const [first, second] = await claim(store);
    assert.ok(first && second);
    const ending = { status: "completed", wakeAt: null } as const;
    await store.commit([turn(first, { ...ending, now: t0 + 1 })]);
    assert.equal(await prunedRuns(store, { app, keep: 0, limit: 10 }), 1);
    assert.equal((await view(store, second.run)).event.id, "e");
    await store.commit([turn(second, { ...ending, now: t0 + 2 })]);
    assert.equal(await prunedRuns(store, { app, keep: 0, limit: 10 }), 1);
    await store.putEvents([event("e")]);
    assert.deepEqual(
      (await store.unroutedEvents(app, 10)).map(({ id }) => id),
      ["e"],
    );
  });

  check("removes events that nobody took by their age, and leaves those that are to be routed", async (store) => {
    await store.putEvents(["old", "new", "queued"].map((id) => event(id, { receivedAt: id === "new" ? t0 + 10 : t0 })));
    for (const id of ["old", "new"]) {
      await store.route({ app, id }, [], [], { now: t0, stray: { fate: "unwanted" } });
    }
    assert.deepEqual(await store.prune({ app, keep: 0, limit: 10 }), { runs: 0, events: 0 });
    assert.deepEqual(await store.prune({ app, before: t0 + 1, limit: 10 }), { runs: 0, events: 1 });
    assert.deepEqual(
      (await store.listEvents({ app, limit: 10 })).map(({ id }) => id),
      ["new", "queued"],
    );
    assert.deepEqual(await store.prune({ app, before: t0 + 99, limit: 10 }), { runs: 0, events: 1 });
  });
}
