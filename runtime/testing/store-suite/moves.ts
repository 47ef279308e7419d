/** Conformance: how an app leaves the store. */
import assert from "node:assert/strict";
import type { Claim } from "../../store.ts";
import { later, linesOf, move, movesOf, twoRuns } from "./moving.ts";
import { addRun, app, type Check, claim, claimOne, event, ids, leaseMs, step, t0, turn, view } from "./support.ts";

export function departureTests(check: Check): void {
  check("waits for who holds a run, and gives out nothing meanwhile", async (store) => {
    await twoRuns(store);
    await addRun(store, "r3");
    const held = await claimOne(store, { functions: ["f"], limit: 1 });
    assert.equal(held.run, "r3");
    const departure = await store.moves.leave(move, t0 + 1);
    assert.deepEqual(departure, {
      ...move,
      held: [{ run: "r3", worker: "worker-1", leaseUntil: t0 + leaseMs }],
    });
    assert.deepEqual(await claim(store, { worker: "worker-2", now: later }), []);
    assert.equal((await view(store, "r2")).status, "running");
    const state = { app, functionId: "f", kind: "throttle", key: "", before: undefined, after: "1" };
    assert.equal(await store.changeStates([state], [], t0), "ok");
    assert.deepEqual(await store.commit([turn(held, { release: true, wakeAt: later, frame: "last" })]), ["ok"]);
    assert.deepEqual(await store.moves.leave({ ...move, id: "another" }, t0 + 2), { ...move, held: [] });
    assert.equal((await view(store, "r3")).status, "moving");
    assert.equal((await store.getParked("r3"))?.frame, "last");
  });

  check("fences who let a lease run out", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    const over = t0 + leaseMs + 1;
    assert.deepEqual((await store.moves.leave(move, over)).held, []);
    assert.deepEqual(await store.commit([turn(held)]), ["fenced"]);
    assert.deepEqual(await store.renew([held], over, leaseMs), ["r"]);
    const [run] = await store.moves.runs(move, { which: "going", limit: 9 });
    assert.deepEqual([run?.id, run?.lostClaims, run?.status], ["r", 1, "running"]);
  });
}

export function awayTests(check: Check): void {
  check("leaves nothing that anybody could do", async (store) => {
    await twoRuns(store);
    await store.putEvents([event("queued")]);
    await store.moves.leave(move, later);
    const worker = { worker: "worker-2", now: later + leaseMs };
    assert.deepEqual(await claim(store, worker), []);
    assert.deepEqual(await store.unroutedEvents(app, 9), []);
    await store.routeMany(app, [{ id: "queued", runs: [] }]).catch(() => {});
    const state = { app, functionId: "f", kind: "k", key: "", before: undefined, after: "1" };
    const refused = {
      nextWake: () => store.nextWake(app, ["f"]),
      signal: () => store.signal(app, "go", "1", later),
      derive: () => store.derive({ id: "d", origin: { run: "r1" } }, later),
      changeStates: () => store.changeStates([state], [], later),
    };
    for (const [name, call] of Object.entries(refused)) await assert.rejects(call, /leave for another store/, name);
    assert.equal(await store.cancel("r1", later, { unwind: true }), false);
    assert.equal(await store.cancel("r1", later, { unwind: false }), false);
    assert.equal(await store.resume("r1", later), false);
    assert.deepEqual(
      (await store.moves.events(move, { limit: 9 })).items.map(({ id, fate }) => [id, fate]),
      [
        ["r1", "taken"],
        ["r2", "taken"],
        ["queued", "queued"],
      ],
    );
  });

  check("is nothing to other apps", async (store) => {
    await addRun(store, "r", { runApp: "other" });
    await addRun(store, "s");
    await store.moves.leave(move, later);
    assert.deepEqual(ids(await claim(store, { app: "other" })), ["r"]);
    assert.deepEqual(
      (await store.moves.runs(move, { which: "going", limit: 9 })).map(({ id }) => id),
      ["s"],
    );
  });

  check("gives back slots: ops ask anew, and others are served", async (store) => {
    const pools = [{ name: "p", limit: 1 }];
    for (const [id, runApp] of [
      ["a", app],
      ["b", app],
      ["c", "other"],
    ] as const)
      await addRun(store, id, { runApp });
    const [a, b] = (await claim(store)) as [Claim, Claim];
    const asks = (held: Claim) => turn(held, { acquire: [{ op: 1, pools, rank: 0 }], release: true, wakeAt: null });
    await store.commit([asks(a), asks(b)]);
    await store.commit([asks(await claimOne(store, { app: "other" }))]);
    await store.moves.leave(move, later);
    const runs = await store.moves.runs(move, { which: "going", limit: 9 });
    assert.deepEqual(
      runs.map(({ id, wakeAt, mail }) => [id, wakeAt, mail]),
      [
        ["a", later, []],
        ["b", later, []],
      ],
    );
    assert.deepEqual(
      (await claimOne(store, { app: "other", now: later })).mail.map(({ kind }) => kind),
      ["slot"],
    );
    await store.moves.settle(move, "undo", later);
    for (const held of await claim(store, { now: later })) assert.deepEqual([held.slots, held.mail], [undefined, []]);
  });
}

export function moveTests(check: Check): void {
  check("go on where they are when the move is undone", async (store) => {
    await twoRuns(store);
    await store.putEvents([event("queued")]);
    await store.moves.leave(move, later);
    assert.equal(await store.moves.settle({ ...move, id: "unknown" }, "undo", later), false);
    assert.equal(await store.moves.settle(move, "undo", later), true);
    assert.equal(await store.moves.settle(move, "undo", later), false);
    assert.deepEqual(
      (await store.unroutedEvents(app, 9)).map(({ id }) => id),
      ["queued"],
    );
    assert.deepEqual(ids(await claim(store, { now: later })), ["r2"]);
    assert.equal(await store.signal(app, "go", "1", later), "r1");
    assert.deepEqual(ids(await claim(store, { now: later })), ["r1"]);
  });

  check("have ended here when the move is confirmed, and what came later is the next move", async (store) => {
    await twoRuns(store);
    await store.moves.leave(move, later);
    await store.putEvents([event("late")]);
    assert.equal(await store.moves.settle(move, "confirm", later), true);
    const { status, endedAt } = await view(store, "r1");
    assert.deepEqual([status, endedAt], ["moved", later]);
    assert.equal(await store.getParked("r1"), undefined);
    assert.deepEqual(await store.unroutedEvents(app, 9), []);
    const next = { ...move, id: "move-2" };
    assert.deepEqual(await store.moves.leave(next, later), { ...next, held: [] });
    assert.deepEqual(
      (await store.moves.events(next, { limit: 9 })).items.map(({ id, fate }) => [id, fate]),
      [["late", "queued"]],
    );
    assert.deepEqual(await store.moves.runs(next, { which: "going", limit: 9 }), []);
    assert.deepEqual(await store.moves.runs(next, { which: "ended", limit: 9 }), []);
  });

  check("are read the same again and again, page by page", async (store) => {
    await twoRuns(store);
    await addRun(store, "r3");
    const held = await claimOne(store);
    await store.commit([turn(held, { steps: [step(1), step(2, { status: "retrying" }), step(2, { attempt: 1 })] })]);
    await store.commit([turn(held, { status: "completed", output: "1" })]);
    const lines = await linesOf(store, true);
    await store.putEvents([event("late")]);
    assert.deepEqual(await linesOf(store, true), lines);
    const left = { id: (JSON.parse(lines[0] ?? "") as { move: string }).move, app };
    const first = await store.moves.runs(left, { which: "ended", limit: 1 });
    assert.deepEqual(
      first.map(({ id, status, records }) => [id, status, records]),
      [["r3", "completed", 3]],
    );
    assert.deepEqual(await store.moves.runs(left, { which: "ended", limit: 1, after: "r3" }), []);
    const records = await store.moves.records("r3", { limit: 1, after: { op: 2, attempt: 0 } });
    assert.deepEqual(
      records.map(({ op, attempt, seq }) => [op, attempt, seq]),
      [[2, 1, 1]],
    );
    const page = await store.moves.events(left, { limit: 2 });
    assert.deepEqual(
      page.items.map(({ id }) => id),
      ["r1", "r2"],
    );
    const rest = await store.moves.events(left, { limit: 2, ...(page.next !== undefined && { after: page.next }) });
    assert.deepEqual(
      rest.items.map(({ id }) => id),
      ["r3"],
    );
  });
}

export function settlementTests(check: Check): void {
  check("are given up only while they wait, and confirmed only when they have left", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    await store.moves.leave(move, t0 + 1);
    assert.equal(await store.moves.settle(move, "confirm", t0 + 1), false);
    assert.equal(await store.moves.settle(move, "abandon", t0 + 1), true);
    await store.commit([turn(held, { release: true })]);
    assert.deepEqual((await store.moves.leave(move, t0 + 2)).held, []);
    assert.equal(await store.moves.settle(move, "abandon", t0 + 2), false);
    assert.equal((await view(store, "r")).status, "moving");
    assert.equal(await store.moves.settle(move, "confirm", t0 + 2), true);
  });

  check("are given up by the next export, when the one that waits was killed", async (store) => {
    await twoRuns(store);
    await addRun(store, "r3");
    assert.equal((await claimOne(store, { functions: ["f"], limit: 1 })).run, "r3");
    await store.moves.leave({ id: "killed", app }, t0 + 1);
    await assert.rejects(movesOf(store).export().next(), /1 run of app "shop" are held by worker-1.*BS2140/);
    assert.deepEqual(ids(await claim(store, { worker: "worker-2", now: later })), ["r2"]);
  });

  check("are no stream that looks whole, when they are settled while they are read", async (store) => {
    await twoRuns(store);
    for (const how of ["undo", "confirm"] as const) {
      const lines = movesOf(store).export();
      const first = (await lines.next()).value as string;
      await movesOf(store)[how]((JSON.parse(first) as { move: string }).move);
      const rest = async () => {
        let next = await lines.next();
        while (!next.done) next = await lines.next();
      };
      await assert.rejects(rest, /was confirmed or undone while it was read/);
    }
  });
}
