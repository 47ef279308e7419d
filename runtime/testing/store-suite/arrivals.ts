/** Conformance: how an app comes to the store. */
import assert from "node:assert/strict";
import type { Claim, MovedItem, Store } from "../../store.ts";
import { memoryStore } from "../../stores/memory.ts";
import { later, linesOf, move, movesOf, twoRuns } from "./moving.ts";
import { addRun, app, type Check, claim, claimOne, event, ids, step, t0, turn, view } from "./support.ts";

/** Runs of every kind. */
async function manyKinds(store: Store): Promise<void> {
  const piece = { array: 1, index: 0, text: '"a","b"' };
  await addRun(store, "parked");
  await addRun(store, "blocked");
  await addRun(store, "ended");
  await addRun(store, "caller");
  const claims = new Map((await claim(store)).map((held) => [held.run, held]));
  const of = (run: string) => claims.get(run) as Claim;
  const call = event("call", { target: "child", parent: { run: "caller", op: 3 } });
  await store.commit([
    turn(of("parked"), {
      ...{ frame: '[1,[{"$pieces":[1,1]},"c"]]', pieces: [piece], label: "wait", wakeAt: t0 + 9_000, release: true },
      steps: [step(1, { status: "retrying", error: '"no"' }), step(1, { attempt: 1, input: "[1]", rollback: true })],
      waits: [
        { op: 2, kind: "event", name: "paid", match: { path: "data.id", value: "7" }, until: t0 + 9_000 },
        { op: 0, kind: "cancel", name: "stop", filter: '"x"' },
        { op: 3, kind: "signal", name: "go" },
      ],
    }),
    turn(of("blocked"), { status: "blocked", frame: "F", error: '"why"', wakeAt: null }),
    turn(of("ended"), { status: "completed", output: "1", steps: [step(1)] }),
    turn(of("caller"), { frame: "C", label: "call", wakeAt: null, release: true, events: [call] }),
  ]);
  await store.route({ app, id: "call" }, [{ id: "child", app, functionId: "child", eventId: "call", wakeAt: t0 + 5 }]);
  assert.equal(await store.signal(app, "go", '"gone"', t0 + 20), "parked");
  assert.equal(await store.derive({ id: "redone", origin: { run: "ended", op: 2, plan: '{"p":1}' } }, t0 + 7), true);
  await joined(store);
  await store.putEvents([event("unwanted", { name: "slip" }), event("queued", { receivedAt: t0 + 30 })]);
  await store.route({ app, id: "unwanted" }, [], [], { stray: { fate: "unwanted" }, now: t0 });
}

/** A batch of two events that waits, and a key that is taken. */
async function joined(store: Store): Promise<void> {
  const batch = { app, functionId: "batch", kind: "batch", key: "" };
  await store.putEvents([event("one"), event("two")]);
  await store.route(
    { app, id: "one" },
    [{ id: "batched", app, functionId: "batch", eventId: "one", wakeAt: t0 + 500 }],
    [],
    {
      states: [{ ...batch, before: undefined, after: "1", run: "batched" }],
      now: t0,
    },
  );
  await store.route({ app, id: "two" }, [], [], {
    joins: [{ run: "batched", keeps: "all", wakeAt: t0 + 500 }],
    states: [
      { ...batch, before: "1", after: "2", run: "batched" },
      { ...batch, kind: "idempotency", key: "k", before: undefined, after: "1", expiresAt: t0 + 90_000 },
    ],
    now: t0,
  });
}

/** All that a store tells of the app. */
async function all(store: Store): Promise<unknown> {
  const { runs } = await store.listRuns({ app, limit: 100 });
  const details = await Promise.all(
    runs.map(async ({ id, updatedAt: _, ...run }) => ({
      ...run,
      parked: await parkedOf(store, id),
      steps: await store.listSteps(id),
    })),
  );
  const events = (await store.listEvents({ app, limit: 100 })).sort((a, b) => (a.id < b.id ? -1 : 1));
  const keys = [
    { app, functionId: "batch", kind: "batch", key: "" },
    { app, functionId: "batch", kind: "idempotency", key: "k" },
  ];
  const queued = (await store.unroutedEvents(app, 9)).map(({ id }) => id);
  return { details, events, queued, states: await store.states(keys) };
}

/** Waits of one op may come in any order. */
async function parkedOf(store: Store, id: string) {
  const parked = await store.getParked(id);
  return parked && { ...parked, waits: [...parked.waits].sort((a, b) => a.op - b.op) };
}

export function roundTripTests(check: Check): void {
  check("bring everything, as it was", async (store) => {
    await manyKinds(store);
    const before = await all(store);
    const other = memoryStore();
    const lines = await linesOf(store, true);
    const there = await movesOf(other).import(lines);
    assert.deepEqual([there.runs, there.ended, there.queued, there.again], [6, 1, 1, false]);
    await movesOf(store).confirm(there.move);
    assert.equal((await movesOf(other).import(lines)).again, true);
    const back = await movesOf(store).import(await linesOf(other, true));
    assert.deepEqual([back.runs, back.ended, back.events], [there.runs, there.ended, there.events]);
    assert.deepEqual(await all(store), before);
    await store.route({ app, id: "queued" }, [{ id: "q", app, functionId: "f", eventId: "queued", wakeAt: t0 }]);
    assert.equal((await view(store, "q")).event.id, "queued");
  });

  check("let runs go on as they would have", async (store) => {
    await manyKinds(store);
    const other = memoryStore();
    const there = await movesOf(other).import(await linesOf(store));
    await movesOf(store).confirm(there.move);
    await movesOf(store).import(await linesOf(other));
    const due = await claim(store, { functions: ["f", "child", "batch"], now: t0 + 9_000, limit: 20 });
    const of = (run: string) => due.find((held) => held.run === run);
    assert.deepEqual(ids(due).sort(), ["batched", "child", "parked", "redone"]);
    const { pieces, mail, frame } = of("parked") as Claim;
    assert.deepEqual([frame, pieces], ['[1,[{"$pieces":[1,1]},"c"]]', [{ array: 1, index: 0, text: '"a","b"' }]]);
    assert.deepEqual(
      mail.map(({ op, kind, text }) => [op, kind, text]),
      [[3, "signal", '"gone"']],
    );
    assert.deepEqual(
      of("batched")?.events?.map(({ id }) => id),
      ["one", "two"],
    );
    assert.deepEqual(of("redone")?.origin, { run: "ended", op: 2, plan: '{"p":1}' });
    assert.equal((await store.listOutcomes("ended", [1])).length, 1);
    await store.commit([turn(of("child") as Claim, { status: "completed", output: "7", seq: 0, now: later })]);
    const [caller] = await claim(store, { worker: "worker-2", now: later });
    assert.deepEqual([caller?.run, caller?.mail[0]?.op, caller?.mail[0]?.from], ["caller", 3, "child"]);
    assert.equal(await store.resume("blocked", later), true);
    assert.equal((await store.waitsFor({ app, name: "stop", match: undefined, limit: 9 })).length, 1);
  });
}

async function stream(): Promise<string[]> {
  const other = memoryStore();
  await twoRuns(other);
  await other.putEvents([event("queued")]);
  return linesOf(other);
}

export function arrivalTests(check: Check): void {
  check("lets nothing go on before all has come, and then all at once", async (store) => {
    const lines = await stream();
    for (let count = 1; count < lines.length; count++) {
      await assert.rejects(movesOf(store).import(lines.slice(0, count)), /before its last line/);
      assert.deepEqual(await claim(store, { now: later }), []);
      assert.deepEqual(await store.unroutedEvents(app, 9), []);
    }
    assert.equal((await movesOf(store).import(lines)).again, false);
    assert.deepEqual(ids(await claim(store, { now: later })), ["r2"]);
    assert.deepEqual(
      (await store.unroutedEvents(app, 9)).map(({ id }) => id),
      ["queued"],
    );
    assert.deepEqual((await store.listSteps("r2")).length, 0);
  });

  check("changes nothing when it comes again, whatever has become of the runs", async (store) => {
    const lines = await stream();
    await movesOf(store).import(lines);
    const held = await claimOne(store, { now: later });
    await store.commit([turn(held, { status: "completed", output: "1", now: later })]);
    await store.prune({ app, before: later + 1, limit: 9, stepLimit: 9 });
    assert.equal(await store.getRun("r2"), undefined);
    const { again, move: id } = await movesOf(store).import(lines);
    assert.equal(again, true);
    // As from an import that was under way when another one came to the end.
    const items = lines.slice(1, -1).map((line) => JSON.parse(line) as MovedItem);
    await store.moves.arrive({ id, app }, items, later);
    await store.moves.release({ id, app }, 2, later);
    assert.equal(await store.getRun("r2"), undefined);
    assert.deepEqual(await claim(store, { worker: "worker-2", now: later }), []);
  });

  check("keeps what comes for a run that is not let go yet", async (store) => {
    const lines = await stream();
    await assert.rejects(movesOf(store).import(lines.slice(0, -1)));
    assert.equal(await store.signal(app, "go", "1", later), "r1");
    assert.deepEqual(await claim(store, { now: later }), []);
    await movesOf(store).import(lines);
    const r1 = (await claim(store, { now: later })).find(({ run }) => run === "r1");
    assert.deepEqual(
      r1?.mail.map(({ kind, text }) => [kind, text]),
      [["signal", "1"]],
    );
  });
}

const moveOf = ([first = ""]: readonly string[]) => ({ id: (JSON.parse(first) as { move: string }).move, app });
const itemsOf = (lines: readonly string[]) => lines.slice(1, -1).map((line) => JSON.parse(line) as MovedItem);

export function brokenArrivalTests(check: Check): void {
  check("takes in one move at a time: what another one has left is dropped before", async (store) => {
    const [first, second] = [await stream(), await stream()];
    await assert.rejects(movesOf(store).import(first.slice(0, 4)), /before its last line/);
    await assert.rejects(movesOf(store).import(second), /into this store is not over.*--drop/);
    await movesOf(store).drop(moveOf(first).id);
    await movesOf(store).import(second);
    assert.deepEqual(
      (await store.unroutedEvents(app, 9)).map(({ id }) => id),
      ["queued"],
    );
  });

  check("lets nothing go when somebody has dropped it while it came", async (store) => {
    const lines = await stream();
    const [of, items] = [moveOf(lines), itemsOf(lines)];
    await store.moves.arrive(of, items.slice(0, 4), later);
    assert.equal(await store.moves.drop(of), true);
    await assert.rejects(store.moves.release(of, 2, later), /runs of move .* are missing/);
    await store.moves.arrive(of, items.slice(4), later);
    await assert.rejects(store.moves.release(of, 2, later), /runs of move .* are missing/);
    assert.deepEqual(await claim(store, { now: later }), []);
    assert.equal((await movesOf(store).import(lines)).again, false);
    assert.deepEqual(ids(await claim(store, { now: later })), ["r2"]);
  });

  check("refuses a run without its event", async (store) => {
    const lines = await stream();
    const [of, items] = [moveOf(lines), itemsOf(lines)];
    await assert.rejects(store.moves.arrive(of, items.slice(3), later), /event r1 of run r1.* is not in this store/);
    assert.deepEqual((await store.listRuns({ app, limit: 9 })).runs, []);
  });

  check("keeps the events of runs that come behind them, however old they are", async (store) => {
    const lines = await stream();
    const [of, items] = [moveOf(lines), itemsOf(lines)];
    await store.moves.arrive(of, items.slice(0, 3), later);
    await store.prune({ app, before: later + 1, limit: 9, stepLimit: 9 });
    await store.moves.arrive(of, items.slice(3), later);
    await store.moves.release(of, 2, later);
    assert.deepEqual(ids(await claim(store, { now: later })), ["r2"]);
  });

  check("leaves the records of a run that goes on here", async (store) => {
    const other = memoryStore();
    for (const [of, output] of [
      [other, '"theirs"'],
      [store, '"mine"'],
    ] as const) {
      await addRun(of, "same");
      const [held] = (await claim(of)) as [Claim];
      const steps = of === other ? [step(1, { output }), step(2)] : [step(1, { output })];
      const end = of === other ? ({ status: "completed", output: "1" } as const) : { release: true };
      await of.commit([turn(held, { steps, ...end })]);
    }
    await movesOf(store).import(await linesOf(other, true));
    assert.deepEqual(
      (await store.listSteps("same")).map(({ op, output }) => [op, output]),
      [[1, '"mine"']],
    );
  });
}

export function refusalTests(check: Check): void {
  check("refuses a run that is there, and to take in what leaves", async (store) => {
    const lines = await stream();
    await addRun(store, "r1");
    await assert.rejects(movesOf(store).import(lines), /run r1 is in this store/);
    assert.equal((await view(store, "r1")).status, "running");
    assert.equal(await store.getRun("r2"), undefined);
  });

  check("refuses a run whose event was sent here as well, and starts none of one that waits here", async (store) => {
    const lines = await stream();
    await store.putEvents([event("r1")]);
    await store.route({ app, id: "r1" }, [{ id: "other", app, functionId: "f", eventId: "r1", wakeAt: later }]);
    await assert.rejects(movesOf(store).import(lines), /event r1 has started run r1 .* and other in this one/);
    await store.cancel("other", later, { unwind: false });
    await assert.rejects(movesOf(store).import(lines), /it was sent to both/);
  });

  check("starts nothing of an event that waits here and was routed where it comes from", async (store) => {
    const lines = await stream();
    await store.putEvents([event("r1"), event("queued")]);
    await movesOf(store).import(lines);
    assert.deepEqual(
      (await store.unroutedEvents(app, 9)).map(({ id }) => id),
      ["queued"],
    );
    assert.equal((await view(store, "r1")).status, "running");
  });

  check("gives runs the events that started them, though others of these ids wait here", async (store) => {
    const lines = await stream();
    await store.putEvents([event("r2", { data: '[1,{"other":1}]', receivedAt: t0 + 7 })]);
    await movesOf(store).import(lines);
    const [claimed] = (await claim(store, { now: later })) as [Claim];
    const { id, receivedAt, data } = claimed.event;
    assert.deepEqual(
      [claimed.run, id, receivedAt, data.includes("other")],
      ["r2", "r2", event("r2").receivedAt, false],
    );
  });

  check("forgets what has come when it is dropped, and only while it is coming", async (store) => {
    const lines = await stream();
    const { id } = moveOf(lines);
    await assert.rejects(movesOf(store).drop(id), /BS2009/);
    await assert.rejects(movesOf(store).import(lines.slice(0, -1)));
    await movesOf(store).drop(id);
    assert.deepEqual((await store.listRuns({ app, limit: 9 })).runs, []);
    assert.equal(await store.signal(app, "go", "1", later), undefined);
    assert.deepEqual(await store.unroutedEvents(app, 9), []);
    assert.equal((await movesOf(store).import(lines)).again, false);
    assert.deepEqual(ids(await claim(store, { now: later })), ["r2"]);
    await assert.rejects(movesOf(store).drop(id), /BS2009/);
    assert.equal(await store.signal(app, "go", "1", later), "r1");
  });

  check("refuses to take in anything while the app leaves, and to leave while something comes in", async (store) => {
    const lines = await stream();
    await addRun(store, "r");
    await store.moves.leave(move, later);
    await assert.rejects(movesOf(store).import(lines), /leaves this store by move move-1/);
    await store.moves.settle(move, "undo", later);
    await assert.rejects(movesOf(store).import(lines.slice(0, -1)));
    await assert.rejects(store.moves.leave(move, later), /into this store is not over/);
  });
}
