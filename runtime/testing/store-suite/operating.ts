/** Conformance: what people who look after runs ask for. */
import assert from "node:assert/strict";
import type { Claim, RunQuery, Store } from "../../store.ts";
import { addRun, app, type Check, claim, claimOne, event, step, t0, turn, view } from "./support.ts";

/** Ids of all pages, which may be short. */
async function listed(store: Store, query: Partial<RunQuery>): Promise<string[]> {
  const found: string[] = [];
  for (let before = query.before; ; ) {
    const page = await store.listRuns({ app, limit: 2, ...query, ...(before !== undefined && { before }) });
    assert.ok(page.runs.length <= 2);
    found.push(...page.runs.map(({ id }) => id));
    if (page.next === undefined) return found;
    assert.ok(before === undefined || page.next < before, "the cursor goes back in time");
    before = page.next;
  }
}

export function filterTests(check: Check): void {
  check("finds runs by several statuses, by a range of ids, by their event", async (store) => {
    for (const id of ["r1", "r2", "r3", "r4", "r5"]) await addRun(store, id);
    const claims = (await claim(store)).sort((a, b) => (a.run < b.run ? -1 : 1));
    const [one, two, three] = claims as [Claim, Claim, Claim];
    await store.commit([turn(one, { status: "failed", error: '"no"' }), turn(two, { status: "blocked" })]);
    await store.commit([turn(three, { status: "completed" })]);
    assert.deepEqual(await listed(store, {}), ["r5", "r4", "r3", "r2", "r1"]);
    assert.deepEqual(await listed(store, { status: ["failed", "blocked"] }), ["r2", "r1"]);
    assert.deepEqual(await listed(store, { status: ["completed"] }), ["r3"]);
    assert.deepEqual(await listed(store, { from: "r2", before: "r5" }), ["r4", "r3", "r2"]);
    assert.deepEqual(await listed(store, { from: "r2", before: "r5", status: ["blocked", "running"] }), ["r4", "r2"]);
    assert.deepEqual(await listed(store, { eventId: "r4" }), ["r4"]);
    assert.deepEqual(await listed(store, { eventId: "r4", status: "failed", functionId: "f" }), []);
    assert.deepEqual(await listed(store, { eventName: "order/placed", from: "r4" }), ["r5", "r4"]);
    assert.deepEqual(await listed(store, { eventName: "order/paid" }), []);
  });

  check("finds runs by a label, whole or at any depth", async (store) => {
    const labels = ["pay", "order > pay", "order > pay > wait", "repay", "pay > ab"];
    for (const id of ["r1", "r2", "r3", "r4", "r5"]) await addRun(store, id);
    const claims = (await claim(store)).sort((a, b) => (a.run < b.run ? -1 : 1));
    await store.commit(claims.map((held, index) => turn(held, { label: labels[index] ?? null })));
    assert.deepEqual(await listed(store, { label: "pay" }), ["r5", "r3", "r2", "r1"]);
    assert.deepEqual(await listed(store, { label: "order > pay" }), ["r3", "r2"]);
    assert.deepEqual(await listed(store, { label: "pay > a" }), []);
    assert.deepEqual(await listed(store, { label: "%" }), []);
  });

  check("finds the runs that ops of a run started", async (store) => {
    for (const [id, op] of [
      ["c1", 1],
      ["c2", 2],
    ] as const) {
      await store.putEvents([event(id, { target: "child", parent: { run: "parent", op } })]);
      await store.route({ app, id }, [{ id, app, functionId: "child", eventId: id, wakeAt: t0 }]);
    }
    await addRun(store, "r");
    assert.deepEqual(await listed(store, { parent: "parent" }), ["c2", "c1"]);
    assert.deepEqual(await listed(store, { parent: "r" }), []);
  });

  check("lists the apps that have runs", async (store) => {
    assert.deepEqual(await store.listApps(), []);
    for (const [id, runApp] of [
      ["r1", "shop"],
      ["r2", "bank"],
      ["r3", "shop"],
    ] as const) {
      await addRun(store, id, { runApp });
    }
    assert.deepEqual(await store.listApps(), ["bank", "shop"]);
  });
}

export function deriveTests(check: Check): void {
  check("begin anew with the same function and event, whether the other has ended or not", async (store) => {
    await addRun(store, "r");
    await store.commit([turn(await claimOne(store), { status: "failed", error: '"no"' })]);
    assert.equal(await store.derive({ id: "s", origin: { run: "r" } }, t0 + 100), true);
    const { event: same, functionId, origin, createdAt, parent } = await view(store, "s");
    assert.deepEqual([same.id, functionId, origin, createdAt, parent], ["r", "f", { run: "r" }, t0 + 100, undefined]);
    const { frame, event: given, origin: told } = await claimOne(store, { now: t0 + 100 });
    assert.deepEqual([frame, given.id, told], [null, "r", { run: "r" }]);
    assert.deepEqual(await listed(store, { origin: "r" }), ["s"]);
    assert.equal(await store.derive({ id: "t", origin: { run: "missing" } }, t0), false);
  });

  check("keep from where and with what they are to go on", async (store) => {
    await addRun(store, "r");
    const origin = { run: "r", op: 3, plan: '{"a":1}' };
    await store.derive({ id: "s", origin }, t0);
    assert.deepEqual((await view(store, "s")).origin, origin);
    const found = (await claim(store)).find(({ run }) => run === "s");
    assert.deepEqual(found?.origin, origin);
  });

  check("tell no parent how they end, and are made once", async (store) => {
    await addRun(store, "parent");
    const called = event("call", { target: "child", parent: { run: "parent", op: 4 } });
    await store.commit([turn(await claimOne(store), { release: true, wakeAt: null, events: [called] })]);
    await store.route({ app, id: "call" }, [{ id: "c", app, functionId: "child", eventId: "call", wakeAt: t0 }]);
    await store.derive({ id: "d", origin: { run: "c" } }, t0);
    assert.equal(await store.derive({ id: "d", origin: { run: "parent" } }, t0), true);
    assert.deepEqual((await view(store, "d")).origin, { run: "c" });
    assert.deepEqual(await listed(store, { parent: "parent" }), ["c"]);
    const derived = (await claim(store, { functions: ["child"] })).find(({ run }) => run === "d") as Claim;
    await store.commit([turn(derived, { status: "completed", output: "1" })]);
    assert.deepEqual(await claim(store, { now: t0 + 99 }), []);
  });
}

export function partedTests(check: Check): void {
  check("go on from the state of the other, with what it waits for and has not read", async (store) => {
    await addRun(store, "r");
    const wait = {
      op: 2,
      kind: "event",
      name: "order/paid",
      match: { path: "data.id", value: "7" },
      until: t0 + 9,
    } as const;
    const held = await claimOne(store);
    await store.commit([turn(held, { frame: "parked", label: "pay", release: true, wakeAt: null, waits: [wait] })]);
    await store.cancel("r", t0 + 1, { unwind: true });
    const state = await store.getParked("r");
    const mail = [{ seq: 1, op: 0, kind: "cancel", text: null, receivedAt: t0 + 1 }];
    const run = { id: "r", app, functionId: "f", status: "running", label: "pay", error: null, frame: "parked" };
    assert.ok(state);
    const { version: _, ...seen } = state;
    // A store may hide the values by which waits are found.
    const [{ match } = {}] = seen.waits;
    assert.equal(match?.path, wait.match.path);
    assert.deepEqual(seen, { ...run, waits: [{ ...wait, match }], mail });
    assert.equal(
      await store.derive({ id: "s", origin: { run: "r", op: 2 }, state: { ...state, frame: "edited" } }, t0 + 5),
      true,
    );
    assert.deepEqual(await store.getParked("s"), { ...state, id: "s", frame: "edited", version: "0/1" });
    const found = (await claim(store, { now: t0 + 5 })).find((each) => each.run === "s");
    assert.deepEqual([found?.frame, found?.mail], ["edited", mail]);
    assert.equal((await store.waitsFor({ app, name: "order/paid", match: wait.match, limit: 9 })).length, 2);
  });

  check("are not made of a state that has passed", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    await store.commit([turn(held, { frame: "one" })]);
    const state = await store.getParked("r");
    assert.ok(state);
    await store.commit([turn(held, { frame: "two" })]);
    const derive = (id: string) =>
      store.derive({ id, origin: { run: "r", op: 1 }, state: { ...state, frame: "one" } }, t0);
    assert.equal(await derive("s"), false);
    await store.commit([turn(held, { status: "completed" })]);
    assert.equal(await store.getParked("r"), undefined);
    assert.equal(await derive("s"), false);
    assert.equal(await store.getRun("s"), undefined);
  });
}

export function outcomeTests(check: Check): void {
  check("gives those of ops that have ended, with the order of their commits", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    const failed = step(2, { status: "failed", error: '"no"' });
    await store.commit([turn(held, { steps: [step(3, { input: "[1]", rollback: true })] })]);
    await store.commit([turn(held, { steps: [step(1, { status: "retrying" }), step(1, { attempt: 1 })] })]);
    await store.commit([turn(held, { steps: [failed, step(4, { status: "retrying" })] })]);
    const outcomes = await store.listOutcomes("r", [1, 2, 3, 4, 5]);
    const [one, two, three] = outcomes;
    assert.equal(outcomes.length, 3);
    assert.deepEqual({ ...one, seq: 0 }, { ...step(1, { attempt: 1 }), seq: 0 });
    assert.deepEqual({ ...two, seq: 0 }, { ...failed, seq: 0 });
    assert.deepEqual({ ...three, seq: 0 }, { ...step(3, { input: "[1]", rollback: true }), seq: 0 });
    assert.ok(three && one && two && three.seq < one.seq && one.seq < two.seq);
    assert.deepEqual(await store.listOutcomes("missing", [1]), []);
    assert.deepEqual(
      (await store.listSteps("r")).map(({ rollback }) => rollback),
      [undefined, undefined, undefined, true, undefined],
    );
  });
}
