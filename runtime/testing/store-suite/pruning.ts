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

async function prunedRuns(store: Store, request: Omit<PruneRequest, "stepLimit">): Promise<number> {
  return (await store.prune({ ...request, stepLimit: 99 })).runs;
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
    assert.deepEqual(await store.prune({ app, keep: 0, limit: 10, stepLimit: 99 }), {
      runs: 0,
      events: 0,
      more: false,
    });
    assert.deepEqual(await store.prune({ app, before: t0 + 1, limit: 10, stepLimit: 10 }), {
      runs: 0,
      events: 1,
      more: false,
    });
    assert.deepEqual(
      (await store.listEvents({ app, limit: 10 })).map(({ id }) => id),
      ["new", "queued"],
    );
    assert.deepEqual(await store.prune({ app, before: t0 + 99, limit: 10, stepLimit: 99 }), {
      runs: 0,
      events: 1,
      more: false,
    });
  });
}

/** A run that goes on, with records in commits of their own: of each op so many attempts. */
async function addGoing(store: Store, id: string, attempts: readonly number[]): Promise<void> {
  await addRun(store, id);
  const held = await claimOne(store);
  for (const [place, count] of attempts.entries()) {
    const op = place + 1;
    const steps = Array.from({ length: count }, (_, attempt) => {
      const status = attempt === count - 1 ? ("completed" as const) : ("retrying" as const);
      return step(op, { id: "s", attempt, status, endedAt: t0 + op });
    });
    await store.commit([turn(held, { steps, frame: `frame ${op}` })]);
  }
}

async function recorded(store: Store, id: string): Promise<string[]> {
  return (await store.listSteps(id)).map(({ op, attempt, index }) => `${op}.${attempt} s:${index}`);
}

const every = { app, runs: 10, limit: 100 };

export function pruneStepTests(check: Check): void {
  check("removes of a run that goes on what is older, and tells up to where", async (store) => {
    await addGoing(store, "r", [1, 2, 1, 1]);
    assert.equal((await view(store, "r")).stepsRemoved, undefined);
    assert.deepEqual(await store.pruneSteps({ ...every, before: t0 + 1 }), { steps: 0 });
    assert.deepEqual(await store.pruneSteps({ ...every, before: t0 + 3 }), { steps: 3 });
    assert.deepEqual(await recorded(store, "r"), ["3.0 s:0", "4.0 s:1"]);
    assert.equal((await view(store, "r")).stepsRemoved, 2);
    assert.deepEqual(await store.listOutcomes("r", [1, 2, 3]), await store.listOutcomes("r", [3]));
    assert.deepEqual(await store.pruneSteps({ ...every, before: t0 + 99 }), { steps: 2 });
    assert.equal((await view(store, "r")).stepsRemoved, 4);
    const [going] = (await store.listRuns({ app, limit: 1 })).runs;
    assert.equal(going?.stepsRemoved, 4);
    assert.equal((await store.getParked("r"))?.frame, "frame 4");
  });

  check("keeps so many attempts, and no part of an op goes", async (store) => {
    await addGoing(store, "r", [1, 3, 1]);
    assert.deepEqual(await store.pruneSteps({ ...every, keep: 5 }), { steps: 0 });
    assert.deepEqual(await store.pruneSteps({ ...every, keep: 3 }), { steps: 1 });
    assert.deepEqual(await store.pruneSteps({ ...every, keep: 3 }), { steps: 0 });
    assert.deepEqual(await store.pruneSteps({ ...every, keep: 1 }), { steps: 3 });
    assert.deepEqual(await store.pruneSteps({ ...every, keep: 0 }), { steps: 1 });
    assert.deepEqual(await recorded(store, "r"), []);
  });

  check("stops at the first op that is to be kept, and an op may end behind those that went", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    await store.commit([turn(held, { steps: [step(2, { endedAt: t0 + 9 }), step(3, { endedAt: t0 })] })]);
    assert.deepEqual(await store.pruneSteps({ ...every, before: t0 + 5 }), { steps: 0 });
    assert.deepEqual(await store.pruneSteps({ ...every, before: t0 + 10 }), { steps: 2 });
    await store.commit([turn(held, { steps: [step(1, { endedAt: t0 + 11 })] })]);
    assert.deepEqual(
      (await store.listSteps("r")).map(({ op }) => op),
      [1],
    );
    assert.deepEqual(await store.pruneSteps({ ...every, before: t0 + 12 }), { steps: 1 });
    assert.equal((await view(store, "r")).stepsRemoved, 3);
  });
}

export function pruneBoundTests(check: Check): void {
  check("removes a bounded number at once, of a bounded number of runs, and tells where to go on", async (store) => {
    await addGoing(store, "r1", [1, 1, 1]);
    await addGoing(store, "r2", [4]);
    await addGoing(store, "r3", [1]);
    const request = { app, before: t0 + 99, runs: 2, limit: 2 };
    const removed: number[] = [];
    for (let after: string | undefined = ""; after !== undefined; ) {
      const { steps, next } = await store.pruneSteps({ ...request, after });
      removed.push(steps);
      after = next;
    }
    // The attempts of one op are not parted.
    assert.equal(
      removed.reduce((sum, steps) => sum + steps, 0),
      8,
    );
    assert.ok(removed.every((steps) => steps <= 5) && removed.length >= 3);
    for (const id of ["r1", "r2", "r3"]) assert.deepEqual(await recorded(store, id), []);
  });

  check(
    "leaves runs that are blocked or have ended, those of other apps, and what another run takes over",
    async (store) => {
      await addGoing(store, "blocked", [1]);
      const held = { run: "blocked", epoch: 1 };
      await store.commit([turn(held, { status: "blocked", release: true })]);
      await addRun(store, "other", { runApp: "other" });
      await addGoing(store, "read", [1, 1]);
      await addGoing(store, "r", [1]);
      assert.equal(await store.derive({ id: "made", origin: { run: "read", op: 2, plan: "[1,{}]" } }, t0), true);
      assert.deepEqual(await store.pruneSteps({ ...every, keep: 0 }), { steps: 1 });
      assert.equal((await store.listSteps("read")).length, 2);
      assert.equal((await store.listSteps("blocked")).length, 1);
    },
  );

  check("an ended run with more records than one call removes goes piece by piece", async (store) => {
    await addGoing(store, "large", [1, 2, 1]);
    await store.commit([turn({ run: "large", epoch: 1 }, { status: "completed", wakeAt: null, now: t0 - 1 })]);
    await addEnded(store, ["small"]);
    const request = { app, keep: 0, limit: 10, stepLimit: 2 };
    assert.deepEqual(await store.prune(request), { runs: 0, events: 0, more: true });
    assert.equal((await view(store, "large")).stepsRemoved, 1);
    let runs = 0;
    for (let more = true; more; ) {
      const removed = await store.prune(request);
      runs += removed.runs;
      more = removed.more;
    }
    assert.equal(runs, 2);
    assert.deepEqual(await left(store), []);
    assert.deepEqual(await store.listEvents({ app, limit: 10 }), []);
  });
}

export function pruneSpentTests(check: Check): void {
  check("removes events that only waits or limits took by their age", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    await store.commit([turn(held, { waits: [{ op: 1, kind: "event", name: "reply" }] })]);
    const [wait] = await store.waitsFor({ app, name: "reply", match: undefined, limit: 1 });
    assert.ok(wait);
    await store.putEvents([event("reply"), event("limited"), event("queued")]);
    await store.route({ app, id: "reply" }, [], [{ wait, text: null }]);
    await store.route({ app, id: "limited" }, []);
    const fates = async () => (await store.listEvents({ app, limit: 9 })).map(({ id, fate }) => `${id} ${fate}`);
    assert.deepEqual((await fates()).sort(), ["limited taken", "queued queued", "r taken", "reply taken"]);
    assert.equal((await store.prune({ app, before: t0, limit: 9, stepLimit: 9 })).events, 0);
    assert.equal((await store.prune({ app, before: t0 + 1, limit: 9, stepLimit: 9 })).events, 2);
    assert.deepEqual((await fates()).sort(), ["queued queued", "r taken"]);
  });

  check("removes an event in whose place another one joined a run, unless another run has it", async (store) => {
    await store.putEvents(["first", "second", "third"].map((id) => event(id)));
    const runOf = (id: string, functionId: string) => ({ id, app, functionId, eventId: "first", wakeAt: t0 });
    await store.route({ app, id: "first" }, [runOf("debounced", "f"), runOf("other", "g")]);
    const joins = [{ run: "debounced", keeps: "last", wakeAt: t0 }] as const;
    await store.route({ app, id: "second" }, [], [], { joins, now: t0 });
    await store.route({ app, id: "third" }, [], [], { joins, now: t0 });
    const old = { app, before: t0 + 1, limit: 9, stepLimit: 9 };
    assert.equal((await store.prune(old)).events, 1);
    assert.equal((await view(store, "other")).event.id, "first");
    assert.equal((await view(store, "debounced")).event.id, "third");
    await store.cancel("other", t0, { unwind: false });
    assert.deepEqual(await store.prune({ ...old, keep: 0 }), { runs: 1, events: 0, more: false });
    assert.deepEqual(
      (await store.listEvents({ app, limit: 9 })).map(({ id }) => id),
      ["third"],
    );
  });

  check("such an event may still turn out not to fit", async (store) => {
    await store.putEvents([event("first"), event("second")]);
    const runOf = (id: string, functionId: string) => ({ id, app, functionId, eventId: "first", wakeAt: t0 });
    await store.route({ app, id: "first" }, [runOf("debounced", "f"), runOf("other", "g"), runOf("third", "g")]);
    const joins = [{ run: "debounced", keeps: "last", wakeAt: t0 }] as const;
    await store.route({ app, id: "second" }, [], [], { joins, now: t0 });
    const held = await claim(store, { functions: ["g"] });
    const unfit = { event: "first", problem: '"wrong"' };
    await store.commit(held.map((run) => turn(run, { status: "failed", wakeAt: null, unfit })));
    const [shown] = await store.listEvents({ app, id: "first", limit: 1 });
    assert.equal(shown?.fate, "unfit");
  });
}
