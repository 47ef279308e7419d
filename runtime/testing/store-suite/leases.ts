/** Conformance: leases that are kept, given back and lost. */
import assert from "node:assert/strict";
import type { Claim } from "../../store.ts";
import { addRun, type Check, claim, claimOne, ids, leaseMs, step, t0, turn, view } from "./support.ts";

/** The first moment at which a lease that was taken at `t0` has run out. */
const over = t0 + leaseMs + 1;

export function leaseTests(check: Check): void {
  check("another worker gets a run only after its lease has run out", async (store) => {
    await addRun(store, "r");
    await claimOne(store);
    assert.deepEqual(await claim(store, { worker: "worker-2", now: t0 + leaseMs }), []);
    const second = await claimOne(store, { worker: "worker-2", now: over });
    assert.deepEqual([second.epoch, second.lostClaims], [2, 1]);
  });

  check("a worker never gets a run that it still holds", async (store) => {
    await addRun(store, "r");
    await claimOne(store);
    assert.deepEqual(await claim(store, { now: over }), []);
  });

  check("a lost lease is noticed by function and by app too", async (store) => {
    await addRun(store, "r");
    await claimOne(store);
    const later = { worker: "worker-2", now: over };
    assert.deepEqual(await claim(store, { ...later, functions: ["g"] }), []);
    assert.deepEqual(await claim(store, { ...later, app: "other" }), []);
    assert.deepEqual(ids(await claim(store, later)), ["r"]);
  });

  check("a held run that wants to sleep is not due before its time, even if its lease is lost", async (store) => {
    await addRun(store, "r");
    await store.commit([turn(await claimOne(store), { wakeAt: over + 5 })]);
    assert.deepEqual(await claim(store, { worker: "worker-2", now: over + 4 }), []);
    assert.deepEqual(ids(await claim(store, { worker: "worker-2", now: over + 5 })), ["r"]);
  });

  check("renew extends the lease", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    assert.deepEqual(await store.renew([held], t0 + 20_000, leaseMs), []);
    assert.deepEqual(await claim(store, { worker: "worker-2", now: over }), []);
    assert.deepEqual(ids(await claim(store, { worker: "worker-2", now: over + 20_000 })), ["r"]);
  });

  check("renew names the runs that are lost, and leaves those of others alone", async (store) => {
    await addRun(store, "lost");
    await addRun(store, "cancelled");
    await addRun(store, "mine");
    const held = await claim(store);
    await store.cancel("cancelled", t0 + 1, { unwind: false });
    await store.renew(
      held.filter(({ run }) => run === "mine"),
      over,
      leaseMs,
    );
    await claimOne(store, { worker: "worker-2", now: over });
    const lost = await store.renew([...held, { run: "missing", epoch: 1 }], over + 10_000, leaseMs);
    assert.deepEqual([...lost].sort(), ["cancelled", "lost", "missing"]);
    assert.deepEqual(ids(await claim(store, { worker: "worker-3", now: over + leaseMs + 1 })), ["lost"]);
  });

  check("renew does not take back a run that was given back", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    await store.commit([turn(held, { release: true })]);
    assert.deepEqual(await store.renew([held], t0, leaseMs), []);
    assert.deepEqual(ids(await claim(store, { worker: "worker-2" })), ["r"]);
  });
}

export function lostLeaseTests(check: Check): void {
  check("counts the leases that were lost in a row, until a commit", async (store) => {
    await addRun(store, "r");
    await store.commit([turn(await claimOne(store))]);
    const lost: number[] = [];
    let held: Claim | undefined;
    for (const n of [1, 2, 3]) {
      held = await claimOne(store, { worker: `other-${n}`, now: t0 + n * (leaseMs + 1) });
      lost.push(held.lostClaims);
    }
    assert.deepEqual(lost, [1, 2, 3]);
    await store.commit([turn(held as Claim, { release: true })]);
    assert.equal((await claimOne(store)).lostClaims, 0);
  });

  check("a worker that lost its lease is fenced", async (store) => {
    await addRun(store, "r");
    const old = await claimOne(store);
    const current = await claimOne(store, { worker: "worker-2", now: over });
    assert.deepEqual(await store.commit([turn(old, { frame: "old", label: "old", steps: [step(1)] })]), ["fenced"]);
    assert.deepEqual(await store.listSteps("r"), []);
    assert.equal((await view(store, "r")).label, null);
    assert.deepEqual(await store.commit([turn(current, { frame: "new" })]), ["ok"]);
  });

  check("a lease that ran out and was taken by nobody does not fence its holder", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    assert.deepEqual(await store.commit([turn(held, { now: over })]), ["ok"]);
  });
}
