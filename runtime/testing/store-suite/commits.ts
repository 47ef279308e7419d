/** Conformance: what a turn changes, and how runs end. */
import assert from "node:assert/strict";
import type { Claim, CommittedStatus, NewWait } from "../../store.ts";
import { addRun, app, type Check, claim, claimOne, event, leaseMs, step, t0, turn, view } from "./support.ts";

export function commitTests(check: Check): void {
  check("writes output, frame, label and time at once", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    const commit = turn(held, { frame: "F", label: "main > charge", wakeAt: t0 + 99, steps: [step(1), step(2)] });
    assert.deepEqual(await store.commit([commit]), ["ok"]);
    const found = await view(store, "r");
    assert.deepEqual(
      [found.label, found.wakeAt, found.updatedAt, found.status],
      ["main > charge", t0 + 99, t0 + 10, "running"],
    );
    assert.deepEqual(
      (await store.listSteps("r")).map(({ op }) => op),
      [1, 2],
    );
    assert.equal((await claimOne(store, { worker: "worker-2", now: t0 + leaseMs + 1 })).frame, "F");
  });

  check("answers in the order of the batch; a fenced element does not stop the others", async (store) => {
    for (const id of ["r1", "r2", "r3"]) await addRun(store, id);
    const [a, b, c] = (await claim(store)) as [Claim, Claim, Claim];
    const results = await store.commit([
      turn(a, { steps: [step(1)] }),
      turn({ ...b, epoch: b.epoch + 1 }, { steps: [step(1)] }),
      turn({ run: "missing", epoch: 1 }, { steps: [step(1)] }),
      turn(c, { steps: [step(1)] }),
    ]);
    assert.deepEqual(results, ["ok", "fenced", "fenced", "ok"]);
    const counts = await Promise.all([a, b, c].map(async ({ run }) => (await store.listSteps(run)).length));
    assert.deepEqual(counts, [1, 0, 1]);
  });

  check("takes an empty batch, and two turns of one run in one batch", async (store) => {
    assert.deepEqual(await store.commit([]), []);
    await addRun(store, "r");
    const held = await claimOne(store);
    const results = await store.commit([turn(held, { frame: "1" }), turn(held, { frame: "2", release: true })]);
    assert.deepEqual(results, ["ok", "ok"]);
    const next = await claimOne(store);
    assert.deepEqual([next.frame, next.seq], ["2", 2]);
  });

  check("release gives the run back, to wake when it wants", async (store) => {
    await addRun(store, "r");
    await store.commit([turn(await claimOne(store), { release: true, wakeAt: t0 + 50 })]);
    assert.deepEqual(await claim(store, { now: t0 + 49 }), []);
    assert.equal((await claimOne(store, { now: t0 + 50 })).epoch, 2);
  });

  check("a run without a time is not due", async (store) => {
    await addRun(store, "r");
    await store.commit([turn(await claimOne(store), { release: true, wakeAt: null })]);
    assert.deepEqual(await claim(store, { now: Number.MAX_SAFE_INTEGER }), []);
    assert.equal((await view(store, "r")).wakeAt, null);
  });
}

export function repeatTests(check: Check): void {
  const sent = event("sent");
  const wait: NewWait = { op: 2, kind: "event", name: "order/paid" };

  check("writes a commit once that is asked for again, because its answer was lost", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    await store.cancel("r", t0, { unwind: true });
    const first = turn(held, { seq: 0, frame: "1", steps: [step(1)], waits: [wait], events: [sent], read: [1] });
    const second = turn(held, { seq: 1, frame: "2", steps: [step(2)], wakeAt: null, release: true });
    assert.deepEqual(await store.commit([first]), ["ok"]);
    assert.deepEqual(await store.commit([first]), ["ok"]);
    assert.deepEqual(await store.commit([second]), ["ok"]);
    assert.deepEqual(await store.commit([second]), ["ok"]);
    assert.equal((await store.waitsFor({ app, name: "order/paid", match: undefined, limit: 9 })).length, 1);
    assert.equal(await store.nextWake(app, ["f"]), undefined);
    await store.cancel("r", t0 + 20, { unwind: true });
    const next = await claimOne(store, { worker: "worker-2", now: t0 + 20 });
    assert.deepEqual([next.frame, next.seq, next.epoch, next.mail.map(({ seq }) => seq)], ["2", 2, 2, [2]]);
    assert.deepEqual(await store.commit([second]), ["fenced"]);
  });

  check("answers the last commit of a run again, and one with slots", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    const acquire = [{ op: 1, pools: [{ name: "p", limit: 1 }], rank: t0 }];
    const asking = turn(held, { seq: 0, acquire });
    assert.deepEqual(await store.commit([asking]), [{ granted: [1] }]);
    assert.deepEqual(await store.commit([asking]), [{ granted: [1] }]);
    const last = turn(held, { seq: 1, status: "completed", output: "out" });
    assert.deepEqual(await store.commit([last]), ["ok"]);
    assert.deepEqual(await store.commit([last]), ["ok"]);
    assert.deepEqual(await store.commit([turn(held, { seq: 2 })]), ["fenced"]);
  });

  check("a commit that is not the next one changes nothing", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    assert.deepEqual(await store.commit([turn(held, { seq: 1, steps: [step(1)] })]), ["fenced"]);
    assert.deepEqual(await store.commit([turn(held, { seq: 0 }), turn(held, { seq: 1 })]), ["ok", "ok"]);
    assert.deepEqual(await store.commit([turn(held, { seq: 0, steps: [step(1)] })]), ["fenced"]);
    assert.deepEqual(await store.listSteps("r"), []);
  });
}

export function endingTests(check: Check): void {
  const ends: readonly CommittedStatus[] = ["completed", "failed", "cancelled"];

  for (const status of ends) {
    check(`a run that ${status === "cancelled" ? "was" : "has"} ${status} changes no more`, async (store) => {
      await addRun(store, "r");
      const held = await claimOne(store);
      const last = turn(held, {
        status,
        frame: "F",
        label: null,
        wakeAt: t0,
        output: '"out"',
        error: '"err"',
        steps: [step(1)],
      });
      assert.deepEqual(await store.commit([last]), ["ok"]);
      const ended = await view(store, "r");
      assert.deepEqual(
        [ended.status, ended.output, ended.error, ended.endedAt, ended.wakeAt],
        [status, '"out"', '"err"', t0 + 10, null],
      );
      assert.deepEqual(await store.commit([turn(held, { steps: [step(2)] })]), ["fenced"]);
      assert.equal(await store.cancel("r", t0 + 20, { unwind: false }), false);
      assert.deepEqual(await claim(store, { worker: "worker-2", now: t0 + 10 * leaseMs }), []);
      assert.deepEqual(await view(store, "r"), ended);
      assert.equal((await store.listSteps("r")).length, 1);
    });
  }

  check("cancel ends a run that waits", async (store) => {
    await addRun(store, "r");
    assert.equal(await store.cancel("r", t0 + 20, { unwind: false }), true);
    const { status, endedAt, updatedAt, wakeAt } = await view(store, "r");
    assert.deepEqual([status, endedAt, updatedAt, wakeAt], ["cancelled", t0 + 20, t0 + 20, null]);
    assert.deepEqual(await claim(store, { now: t0 + leaseMs }), []);
    assert.equal(await store.cancel("r", t0 + 30, { unwind: false }), false);
    assert.equal(await store.cancel("missing", t0, { unwind: false }), false);
  });

  check("cancel fences the worker of the run", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    await store.cancel("r", t0 + 20, { unwind: false });
    const late = turn(held, { status: "completed", output: '"late"', steps: [step(1)] });
    assert.deepEqual(await store.commit([late]), ["fenced"]);
    assert.deepEqual(await store.renew([held], t0 + 30, leaseMs), ["r"]);
    const { status, output } = await view(store, "r");
    assert.deepEqual([status, output], ["cancelled", null]);
    assert.deepEqual(await store.listSteps("r"), []);
  });
}

export function blockingTests(check: Check): void {
  check("a blocked run has not ended, is not claimed, and its claim is given back", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    await store.commit([turn(held, { status: "blocked", frame: "F", error: '"why"' })]);
    const blocked = await view(store, "r");
    assert.deepEqual(
      [blocked.status, blocked.error, blocked.endedAt, blocked.label],
      ["blocked", '"why"', null, "charge"],
    );
    assert.deepEqual(await store.commit([turn(held)]), ["fenced"]);
    assert.deepEqual(await claim(store, { worker: "worker-2", now: t0 + 10 * leaseMs }), []);
    assert.equal(await store.nextWake(app, ["f"]), undefined);
    assert.equal(await store.cancel("r", t0 + 20, { unwind: false }), true);
    assert.equal((await view(store, "r")).status, "cancelled");
  });

  check("a blocked run that is resumed is claimed again, with its frame", async (store) => {
    await addRun(store, "r");
    await store.commit([turn(await claimOne(store), { frame: "F", label: "kept" })]);
    assert.equal(await store.resume("r", t0), false);
    const held = await claimOne(store, { worker: "worker-2", now: t0 + 10 * leaseMs });
    await store.commit([turn(held, { label: null })]);
    assert.equal((await view(store, "r")).label, "kept");
    await store.commit([turn(held, { status: "blocked", label: null, wakeAt: null, error: '"why"' })]);
    assert.equal((await view(store, "r")).label, "kept");
    assert.equal(await store.resume("r", t0 + 20), true);
    const { status, error, label, wakeAt } = await view(store, "r");
    assert.deepEqual([status, error, label, wakeAt], ["running", null, "kept", t0 + 20]);
    const again = await claimOne(store, { now: t0 + 20 });
    assert.deepEqual([again.frame, again.lostClaims], ["F", 0]);
    assert.deepEqual(await store.commit([turn(held)]), ["fenced"]);
    assert.equal(await store.resume("r", t0 + 30), false);
    assert.equal(await store.resume("missing", t0), false);
  });
}
