/** Conformance: events that join runs, and states that routing decides upon. */
import assert from "node:assert/strict";
import type { Routing, Store } from "../../store.ts";
import { addRun, app, type Check, claim, claimOne, event, t0, turn, view } from "./support.ts";

const state = { app, functionId: "f", kind: "batch", key: "k" };

async function routed(store: Store, id: string, routing: Partial<Routing>): Promise<"routed" | "conflict"> {
  await store.putEvents([event(id)]);
  return store.route({ app, id }, [], [], { now: t0, ...routing });
}

const join = (keeps: "last" | "all", wakeAt = t0) => ({ joins: [{ run: "r", keeps, wakeAt }] });

export function joinTests(check: Check): void {
  check("a run is of the event that joined last", async (store) => {
    await addRun(store, "r");
    assert.equal(await routed(store, "e2", join("last", t0 + 5)), "routed");
    assert.equal(await routed(store, "e3", join("last", t0 + 7)), "routed");
    const { event: shown, wakeAt, createdAt } = await view(store, "r");
    assert.deepEqual([shown.id, wakeAt, createdAt], ["e3", t0 + 7, t0]);
    assert.deepEqual(await claim(store), []);
    const claimed = await claimOne(store, { now: t0 + 7 });
    assert.deepEqual([claimed.event.id, claimed.events], ["e3", undefined]);
  });

  check("a run is of all events that joined, in their order, also when it has a frame", async (store) => {
    await addRun(store, "r");
    await routed(store, "z", join("all"));
    await routed(store, "a", join("all"));
    for (const [index, worker] of ["worker-1", "worker-2", "worker-3"].entries()) {
      const claimed = await claimOne(store, { worker, now: t0 + index * 1_000_000 });
      const names = claimed.events?.map(({ id }) => id);
      assert.deepEqual([claimed.event.id, names], ["r", ["r", "z", "a"]]);
      if (worker === "worker-2") await store.commit([turn(claimed, { frame: "1", release: true })]);
    }
  });

  for (const keeps of ["last", "all"] as const) {
    check(`a run that a worker has had, or that has ended, is not joined with ${keeps}`, async (store) => {
      await addRun(store, "r");
      const claimed = await claimOne(store);
      const met = { ...join(keeps), states: [{ ...state, before: undefined, after: "1" }] };
      assert.equal(await routed(store, "e2", met), "conflict");
      await store.commit([turn(claimed, { release: true })]);
      assert.equal(await routed(store, "e2", met), "conflict");
      await store.cancel("r", t0, { unwind: false });
      assert.equal(await routed(store, "e2", met), "conflict");
      assert.equal(await routed(store, "e2", { joins: [{ run: "none", keeps, wakeAt: t0 }] }), "conflict");
      assert.equal((await store.unroutedEvents(app, 9)).length, 1);
      assert.deepEqual(await store.states([state]), [state]);
      assert.equal((await view(store, "r")).event.id, "r");
    });
  }

  check("routing that was decided upon another state changes nothing", async (store) => {
    await store.putEvents([event("a"), event("b")]);
    const run = { id: "r", app, functionId: "f", eventId: "a", wakeAt: t0 };
    const first = { ...state, before: undefined, after: "1", run: "r" };
    assert.equal(await store.route({ app, id: "a" }, [run], [], { now: t0, states: [first] }), "routed");
    const other = { ...run, id: "r2", eventId: "b" };
    assert.equal(await store.route({ app, id: "b" }, [other], [], { now: t0, states: [first] }), "conflict");
    assert.equal(await store.getRun("r2"), undefined);
    assert.deepEqual(await store.states([state]), [{ ...state, value: "1", run: { id: "r", is: "waiting" } }]);
    const second = { ...state, before: "1", after: "2" };
    assert.equal(await store.route({ app, id: "b" }, [other], [], { now: t0, states: [second] }), "routed");
    assert.equal(await store.route({ app, id: "b" }, [other], [], { now: t0, states: [second] }), "routed");
    assert.deepEqual(await store.states([state]), [{ ...state, value: "2" }]);
  });
}
