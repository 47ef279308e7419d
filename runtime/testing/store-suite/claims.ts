/** Conformance: who gets a run, and when the next is due. */
import assert from "node:assert/strict";
import type { Claim } from "../../store.ts";
import { addRun, app, type Check, claim, claimOne, event, ids, t0, turn } from "./support.ts";

export function claimTests(check: Check): void {
  check("gives what a worker needs", async (store) => {
    await addRun(store, "r");
    assert.deepEqual(await claim(store), [
      {
        run: "r",
        functionId: "f",
        epoch: 1,
        seq: 0,
        frame: null,
        event: event("r"),
        lostClaims: 0,
        createdAt: t0,
        mail: [],
      },
    ]);
  });

  check("gives the oldest due first, up to the limit", async (store) => {
    await addRun(store, "r1", { wakeAt: t0 });
    await addRun(store, "r2", { wakeAt: t0 - 2, functionId: "g" });
    await addRun(store, "r3", { wakeAt: t0 - 1 });
    await addRun(store, "r4", { wakeAt: t0 - 1 });
    const functions = ["f", "g", "f", "unknown"];
    assert.deepEqual(ids(await claim(store, { functions, limit: 3 })), ["r2", "r3", "r4"]);
    assert.deepEqual(ids(await claim(store, { functions, limit: 3 })), ["r1"]);
  });

  check("leaves what is not due, of other functions, and of other apps", async (store) => {
    await addRun(store, "later", { wakeAt: t0 + 1 });
    await addRun(store, "function", { functionId: "g" });
    await addRun(store, "app", { runApp: "other" });
    assert.deepEqual(await claim(store), []);
    assert.deepEqual(await claim(store, { functions: [] }), []);
    assert.deepEqual(ids(await claim(store, { now: t0 + 1 })), ["later"]);
    assert.deepEqual(ids(await claim(store, { app: "other" })), ["app"]);
  });

  check("leaves the runs that the worker does not want to others", async (store) => {
    for (const id of ["r1", "r2", "r3"]) await addRun(store, id);
    assert.deepEqual(ids(await claim(store, { limit: 1, except: ["r1", "r2"] })), ["r3"]);
    assert.deepEqual(await claim(store, { except: ["r1", "r2"] }), []);
    assert.deepEqual(ids(await claim(store, { worker: "worker-2" })), ["r1", "r2"]);
  });

  check("gives nothing when the limit is 0", async (store) => {
    await addRun(store, "r");
    assert.deepEqual(await claim(store, { limit: 0 }), []);
  });

  check("gives a run to one worker only", async (store) => {
    await addRun(store, "r1");
    await addRun(store, "r2");
    const [a, b] = await Promise.all([claim(store, { limit: 1 }), claim(store, { limit: 1, worker: "worker-2" })]);
    assert.deepEqual([...ids(a), ...ids(b)].sort(), ["r1", "r2"]);
    assert.deepEqual(await claim(store, { worker: "worker-3" }), []);
  });

  check("gives the committed frame and the number of commits", async (store) => {
    await addRun(store, "r");
    const first = await claimOne(store);
    await store.commit([turn(first, { frame: "one" })]);
    await store.commit([turn(first, { release: true })]);
    const second = await claimOne(store, { worker: "worker-2" });
    assert.deepEqual([second.frame, second.seq, second.epoch, second.lostClaims], ["one", 2, 2, 0]);
  });
}

export function nextWakeTests(check: Check): void {
  check("answers the earliest time of free runs of these functions", async (store) => {
    assert.equal(await store.nextWake(app, ["f"]), undefined);
    await addRun(store, "r1", { wakeAt: t0 + 5 });
    await addRun(store, "r2", { wakeAt: t0 + 3, functionId: "g" });
    await addRun(store, "r3", { wakeAt: t0 + 1, functionId: "h" });
    await addRun(store, "r4", { wakeAt: t0, runApp: "other" });
    assert.equal(await store.nextWake(app, ["f"]), t0 + 5);
    assert.equal(await store.nextWake(app, ["f", "g"]), t0 + 3);
    assert.equal(await store.nextWake(app, []), undefined);
  });

  check("leaves out runs that are held, wait for an input, or have ended", async (store) => {
    for (const id of ["held", "waiting", "ended"]) await addRun(store, id);
    const claims = new Map((await claim(store)).map((claimed) => [claimed.run, claimed]));
    await store.commit([
      turn(claims.get("waiting") as Claim, { release: true, wakeAt: null }),
      turn(claims.get("ended") as Claim, { status: "completed" }),
    ]);
    assert.equal(await store.nextWake(app, ["f"]), undefined);
    await store.commit([turn(claims.get("held") as Claim, { release: true, wakeAt: t0 + 8 })]);
    assert.equal(await store.nextWake(app, ["f"]), t0 + 8);
  });
}
