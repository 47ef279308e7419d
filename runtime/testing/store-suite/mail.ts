/** Conformance: what comes for a run from outside. */
import assert from "node:assert/strict";
import type { Claim, Commit, Met, NewWait, Store, StoredWait } from "../../store.ts";
import { addRun, app, type Check, claim, claimOne, event, step, t0, turn, view } from "./support.ts";

/** Parks a run with waits, and gives it back. */
async function park(store: Store, id: string, ...waits: readonly NewWait[]): Promise<Claim> {
  await addRun(store, id);
  const [claimed] = await claim(store);
  assert.equal(claimed?.run, id);
  await store.commit([turn(claimed as Claim, { frame: "parked", release: true, wakeAt: null, waits })]);
  return claimed as Claim;
}

const paid: NewWait = { op: 1, kind: "event", name: "order/paid" };

async function waitsOf(store: Store, match?: { path: string; value: string }): Promise<StoredWait[]> {
  return store.waitsFor({ app, name: "order/paid", match, limit: 10 });
}

/** Stores an event and routes it to the waits. */
async function meet(store: Store, id: string, waits: readonly StoredWait[], at = t0 + 50): Promise<void> {
  await store.putEvents([event(id, { receivedAt: at })]);
  const met = waits.map((wait): Met => ({ wait, text: `"${id}"` }));
  await store.route({ app, id }, [], met);
}

export function mailTests(check: Check): void {
  check("makes a parked run due, and comes with its claim until it is read", async (store) => {
    await park(store, "r", paid);
    assert.equal(await store.nextWake(app, ["f"]), undefined);
    await meet(store, "e", await waitsOf(store));
    assert.equal(await store.nextWake(app, ["f"]), t0 + 50);
    const mail = [{ seq: 1, op: 1, kind: "event", text: '"e"', receivedAt: t0 + 50 }];
    const first = await claimOne(store, { now: t0 + 50 });
    assert.deepEqual(first.mail, mail);
    await store.commit([turn(first, { release: true, wakeAt: null })]);
    const second = await claimOne(store, { now: t0 + 60 });
    assert.deepEqual(second.mail, mail);
    await store.commit([turn(second, { release: true, wakeAt: null, read: [1] })]);
    assert.deepEqual(await claim(store, { now: t0 + 99 }), []);
    assert.equal(await store.nextWake(app, ["f"]), undefined);
  });

  check("is told to the worker that holds the run, and outlives the worker", async (store) => {
    await park(store, "r", paid, { ...paid, op: 2 });
    await store.resume("r", t0);
    const [one, two] = await waitsOf(store);
    await meet(store, "e1", [one as StoredWait]);
    const held = await claimOne(store, { now: t0 + 50 });
    await meet(store, "e2", [two as StoredWait], t0 + 60);
    const unread = await store.unreadMail(app, "worker-1");
    assert.deepEqual(
      unread.map(({ run, mail }) => [run, mail.map(({ seq, op }) => [seq, op])]),
      [
        [
          "r",
          [
            [1, 1],
            [2, 2],
          ],
        ],
      ],
    );
    assert.deepEqual(await store.unreadMail(app, "worker-2"), []);
    await store.commit([turn(held, { now: t0 + 70, wakeAt: null, read: [1] })]);
    const next = await claimOne(store, { worker: "worker-2", now: t0 + 100_000 });
    assert.deepEqual(
      next.mail.map(({ seq }) => seq),
      [2],
    );
  });

  check("is kept for a blocked run, and dropped for one that has ended", async (store) => {
    await park(store, "r", paid, { ...paid, op: 2 });
    const [one, two] = await waitsOf(store);
    await meet(store, "e1", [one as StoredWait]);
    await store.commit([turn(await claimOne(store, { now: t0 + 50 }), { status: "blocked", wakeAt: null })]);
    await meet(store, "e2", [two as StoredWait]);
    assert.deepEqual(await claim(store, { now: t0 + 99 }), []);
    await store.resume("r", t0 + 99);
    const resumed = await claimOne(store, { now: t0 + 99 });
    assert.equal(resumed.mail.length, 2);
    await store.commit([turn(resumed, { status: "completed" })]);
    assert.deepEqual(await store.unreadMail(app, "worker-1"), []);
  });
}

export function goneWaitTests(check: Check): void {
  check("a wait that is gone is not taken for a later one", async (store) => {
    await park(store, "r", paid);
    const before = await waitsOf(store);
    await meet(store, "e1", before);
    const held = await claimOne(store, { now: t0 + 50 });
    const waits = [{ ...paid, op: 2 }];
    await store.commit([turn(held, { release: true, wakeAt: null, read: [1], waits })]);
    await meet(store, "e2", before, t0 + 60);
    assert.deepEqual(
      (await waitsOf(store)).map(({ op }) => op),
      [2],
    );
    assert.deepEqual(await claim(store, { now: t0 + 99 }), []);
  });
}

export function waitTests(check: Check): void {
  check("are found by the value at their path, in their order", async (store) => {
    const match = { path: "data.order", value: "7" };
    await park(store, "r1", { ...paid, match, filter: "f1", until: t0 + 9 });
    await park(store, "r2", { ...paid, match });
    await park(store, "r3", { ...paid, match: { ...match, value: "8" } });
    await park(store, "r4", { ...paid, match: { path: "data.user", value: "7" } });
    await park(store, "r5", paid);
    await park(store, "r6", { ...paid, name: "another" });
    assert.deepEqual(await store.waitPaths(app, "order/paid"), ["", "data.order", "data.user"]);
    assert.deepEqual([await store.waitPaths(app, "another"), await store.waitPaths(app, "no")], [[""], []]);
    assert.deepEqual(await store.waitPaths("other", "order/paid"), []);
    const found = await waitsOf(store, match);
    assert.deepEqual(
      found.map(({ id, ...wait }) => wait),
      [
        { run: "r1", op: 1, kind: "event", filter: "f1", until: t0 + 9 },
        { run: "r2", op: 1, kind: "event" },
      ],
    );
    const query = { app, name: "order/paid", match };
    assert.deepEqual(await store.waitsFor({ ...query, limit: 1 }), found.slice(0, 1));
    assert.deepEqual(await store.waitsFor({ ...query, after: found[0]?.id ?? 0, limit: 9 }), found.slice(1));
    assert.deepEqual(
      (await waitsOf(store)).map(({ run }) => run),
      ["r5"],
    );
  });

  check("are met once, and are gone when their op or their run is", async (store) => {
    await park(store, "r", paid);
    const waits = await waitsOf(store);
    await meet(store, "e1", waits);
    await meet(store, "e2", waits);
    const claimed = await claimOne(store, { now: t0 + 50 });
    assert.deepEqual(
      claimed.mail.map(({ text }) => text),
      ['"e1"'],
    );
    await store.commit([turn(claimed, { read: [1], waits: [paid, { ...paid, op: 2 }, { ...paid, op: 3 }] })]);
    await store.commit([turn(claimed, { unwait: [1, 3] })]);
    assert.deepEqual(
      (await waitsOf(store)).map(({ op }) => op),
      [2],
    );
    await store.commit([turn(claimed, { status: "completed" })]);
    assert.deepEqual(await waitsOf(store), []);
  });

  check("of a run that a fenced worker would have made do not exist", async (store) => {
    const old = await park(store, "r");
    const fenced = turn(old, { epoch: old.epoch + 7, waits: [paid], events: [event("sent")] });
    assert.deepEqual(await store.commit([fenced]), ["fenced"]);
    assert.deepEqual([await waitsOf(store), await store.unroutedEvents(app, 9)], [[], []]);
  });

  check("may be those of a run as such, from its beginning", async (store) => {
    await store.putEvents([event("e")]);
    const cancelOn: NewWait = { op: 0, kind: "cancel", name: "order/paid" };
    await store.route({ app, id: "e" }, [
      { id: "r", app, functionId: "f", eventId: "e", wakeAt: t0, waits: [cancelOn] },
    ]);
    await meet(store, "e2", await waitsOf(store));
    const { mail } = await claimOne(store, { now: t0 + 50 });
    assert.deepEqual(
      mail.map(({ op, kind }) => [op, kind]),
      [[0, "cancel"]],
    );
  });
}

export function signalTests(check: Check): void {
  const approval: NewWait = { op: 1, kind: "signal", name: "approval" };

  check("reach the one op that waits", async (store) => {
    assert.equal(await store.signal(app, "approval", "1", t0), undefined);
    await park(store, "r", approval);
    assert.equal(await store.signal("other", "approval", "1", t0), undefined);
    assert.equal(await store.signal(app, "approval", "1", t0 + 5), "r");
    assert.equal(await store.signal(app, "approval", "2", t0 + 6), undefined);
    const { mail } = await claimOne(store, { now: t0 + 5 });
    assert.deepEqual(mail, [{ seq: 1, op: 1, kind: "signal", text: "1", receivedAt: t0 + 5 }]);
  });

  check("refuse a second op, or let it take the place of the first", async (store) => {
    await park(store, "r1", approval);
    await park(store, "r2", approval);
    const refused = await claimOne(store, { now: t0 + 10 });
    assert.deepEqual([refused.run, refused.mail.map(({ kind }) => kind)], ["r2", ["conflict"]]);
    await store.commit([turn(refused, { status: "completed" })]);
    await park(store, "r3", { ...approval, onConflict: "replace" });
    const replaced = await claimOne(store, { now: t0 + 10 });
    assert.deepEqual([replaced.run, replaced.mail.map(({ kind }) => kind)], ["r1", ["replaced"]]);
    assert.equal(await store.signal(app, "approval", "1", t0), "r3");
  });

  check("of a commit reach the op that waits, and whoever sent them is told", async (store) => {
    await park(store, "r", approval);
    await addRun(store, "sender");
    const sender = await claimOne(store);
    const sent = (op: number, name: string) => ({ op, name, text: `"${op}"` });
    const own: NewWait = { op: 5, kind: "signal", name: "own" };
    const signals = [sent(2, "approval"), sent(3, "approval"), sent(4, "own"), sent(6, "nobody's")];
    const commit = turn(sender, { signals, waits: [own], release: true, wakeAt: null, seq: 0 });
    assert.deepEqual(await store.commit([commit]), ["ok"]);
    // Asked again, because the answer was lost.
    assert.deepEqual(await store.commit([commit]), ["ok"]);
    const claims = await claim(store, { now: t0 + 10 });
    const told = { kind: "sent", text: null, receivedAt: t0 + 10 } as const;
    const mailOf = (run: string) => claims.find((each) => each.run === run)?.mail;
    assert.deepEqual(mailOf("r"), [{ seq: 1, op: 1, kind: "signal", text: '"2"', receivedAt: t0 + 10 }]);
    assert.deepEqual(mailOf("sender"), [
      { ...told, seq: 1, op: 2, from: "r" },
      { ...told, seq: 2, op: 3 },
      { seq: 3, op: 5, kind: "signal", text: '"4"', receivedAt: t0 + 10 },
      { ...told, seq: 4, op: 4, from: "sender" },
      { ...told, seq: 5, op: 6 },
    ]);
  });

  check("of a fenced commit are not sent, and those of several runs are sent once", async (store) => {
    await park(store, "r", approval);
    await addRun(store, "a");
    await addRun(store, "b");
    const claims = await claim(store);
    const sends = claims.map((each) => turn(each, { signals: [{ op: 1, name: "approval", text: "1" }] }));
    const fenced = { ...(sends[0] as Commit), epoch: 9 };
    assert.deepEqual(await store.commit([fenced]), ["fenced"]);
    assert.deepEqual(await store.commit(sends), ["ok", "ok"]);
    const mail = await store.unreadMail(app, "worker-1");
    const from = mail.flatMap((each) => each.mail.map((one) => one.from ?? "nobody"));
    assert.deepEqual(from.sort(), ["nobody", "r"]);
    assert.equal((await claimOne(store, { now: t0 + 10 })).mail.length, 1);
  });
}

export function childTests(check: Check): void {
  /** Parks a parent whose op 4 starts a run, and claims that run. */
  async function start(store: Store): Promise<Claim> {
    await addRun(store, "parent");
    const call = event("call", { target: "child", parent: { run: "parent", op: 4 } });
    await store.commit([
      turn(await claimOne(store), { release: true, wakeAt: null, events: [call], steps: [step(1)] }),
    ]);
    assert.deepEqual(await store.unroutedEvents(app, 9), [call]);
    await store.route({ app, id: "call" }, [{ id: "c", app, functionId: "child", eventId: "call", wakeAt: t0 }]);
    assert.deepEqual((await view(store, "c")).parent, { run: "parent", op: 4 });
    return claimOne(store, { functions: ["child"] });
  }

  for (const [status, ending, text] of [
    ["completed", { output: "out" }, "out"],
    ["failed", { error: "bad" }, "bad"],
    ["cancelled", {}, null],
  ] as const) {
    check(`tell the op when they are ${status}`, async (store) => {
      await store.commit([turn(await start(store), { status, ...ending })]);
      const { mail } = await claimOne(store, { now: t0 + 10 });
      assert.deepEqual(mail, [{ seq: 1, op: 4, kind: status, text, receivedAt: t0 + 10, from: "c" }]);
    });
  }

  check("tell the op when they are stopped", async (store) => {
    await start(store);
    await store.cancel("c", t0 + 20, { unwind: false });
    assert.deepEqual((await claimOne(store, { now: t0 + 20 })).mail[0]?.kind, "cancelled");
  });

  check("tell nobody when the parent has ended", async (store) => {
    const child = await start(store);
    await store.cancel("parent", t0, { unwind: false });
    assert.deepEqual(await store.commit([turn(child, { status: "completed" })]), ["ok"]);
    assert.equal((await view(store, "parent")).status, "cancelled");
  });
}

export function cancelTests(check: Check): void {
  check("unwinding is mail for a run that has begun", async (store) => {
    await park(store, "r");
    assert.equal(await store.cancel("r", t0 + 5, { unwind: true }), true);
    assert.equal((await view(store, "r")).status, "running");
    const { mail } = await claimOne(store, { now: t0 + 5 });
    assert.deepEqual(mail, [{ seq: 1, op: 0, kind: "cancel", text: null, receivedAt: t0 + 5 }]);
  });

  check("ends a run at once that has not begun, or is blocked", async (store) => {
    await addRun(store, "fresh");
    assert.equal(await store.cancel("fresh", t0 + 5, { unwind: true }), true);
    await addRun(store, "stuck");
    await store.commit([turn(await claimOne(store), { status: "blocked" })]);
    assert.equal(await store.cancel("stuck", t0 + 5, { unwind: true }), true);
    const found = [await view(store, "fresh"), await view(store, "stuck")];
    assert.deepEqual(
      found.map(({ status, endedAt }) => [status, endedAt]),
      [
        ["cancelled", t0 + 5],
        ["cancelled", t0 + 5],
      ],
    );
    assert.equal(await store.cancel("stuck", t0 + 6, { unwind: true }), false);
  });
}
