/** Conformance: events, routing, and text of every kind. */
import assert from "node:assert/strict";
import { addRun, app, type Check, claimOne, event, step, t0, turn, view } from "./support.ts";

export function eventTests(check: Check): void {
  check("lists the events that are not routed, oldest first, up to the limit", async (store) => {
    await store.putEvents([
      event("late", { receivedAt: t0 + 2 }),
      event("b", { receivedAt: t0 + 1 }),
      event("a", { receivedAt: t0 + 1 }),
      event("early", { receivedAt: t0 }),
      event("foreign", { app: "other" }),
    ]);
    const listed = await store.unroutedEvents(app, 3);
    assert.deepEqual(
      listed.map(({ id }) => id),
      ["early", "a", "b"],
    );
    assert.deepEqual(listed[0], event("early"));
  });

  check("keeps the first event of an id", async (store) => {
    await store.putEvents([event("e"), event("e", { data: "second" })]);
    await store.putEvents([event("e", { data: "third" })]);
    assert.deepEqual(await store.unroutedEvents(app, 10), [event("e")]);
  });
}

export function routingTests(check: Check): void {
  check("routes an event into its runs, once", async (store) => {
    await store.putEvents([event("e", { receivedAt: t0 - 7 })]);
    const run = { app, eventId: "e", wakeAt: t0 + 3 };
    await store.route({ app, id: "e" }, [
      { ...run, id: "r1", functionId: "f" },
      { ...run, id: "r2", functionId: "g" },
    ]);
    await store.route({ app, id: "e" }, [{ ...run, id: "r3", functionId: "f" }]);
    assert.deepEqual(await store.unroutedEvents(app, 10), []);
    assert.equal(await store.getRun("r3"), undefined);
    assert.equal((await view(store, "r2")).functionId, "g");
    assert.deepEqual(await view(store, "r1"), {
      id: "r1",
      app,
      functionId: "f",
      status: "running",
      label: null,
      event: event("e", { receivedAt: t0 - 7 }),
      wakeAt: t0 + 3,
      output: null,
      error: null,
      createdAt: t0 - 7,
      updatedAt: t0 - 7,
      endedAt: null,
    });
  });

  check("keeps the events of two apps apart, also those of one id", async (store) => {
    await store.putEvents([event("e"), event("e", { app: "other", data: "other" })]);
    await store.route({ app, id: "e" }, [{ id: "r1", app, functionId: "f", eventId: "e", wakeAt: t0 }]);
    assert.deepEqual(await store.unroutedEvents("other", 10), [event("e", { app: "other", data: "other" })]);
    const run = { id: "r2", app: "other", functionId: "f", eventId: "e", wakeAt: t0 };
    await assert.rejects(store.route({ app, id: "e" }, [run]), /other/);
    await store.route({ app: "other", id: "e" }, [run]);
    const claimed = await claimOne(store, { app: "other" });
    assert.deepEqual([claimed.run, claimed.event.data, (await view(store, "r2")).event.data], ["r2", "other", "other"]);
  });

  check("marks an event that starts no run as routed", async (store) => {
    await store.putEvents([event("e")]);
    await store.route({ app, id: "e" }, []);
    assert.deepEqual(await store.unroutedEvents(app, 10), []);
  });

  check("does not touch a run whose id exists", async (store) => {
    await addRun(store, "r");
    await store.commit([turn(await claimOne(store), { label: "kept" })]);
    await store.putEvents([event("e2")]);
    await store.route({ app, id: "e2" }, [{ id: "r", app, functionId: "other", eventId: "e2", wakeAt: t0 }]);
    const found = await view(store, "r");
    assert.deepEqual([found.label, found.functionId, found.event.id], ["kept", "f", "r"]);
  });

  check("refuses to route an event that is not stored, or into a run of another event", async (store) => {
    const run = { id: "r", app, functionId: "f", eventId: "e", wakeAt: t0 };
    await assert.rejects(store.route({ app, id: "e" }, [run]), /e/);
    await store.putEvents([event("e"), event("e2")]);
    await assert.rejects(store.route({ app, id: "e2" }, [run]), /r/);
    assert.equal((await store.unroutedEvents(app, 10)).length, 2);
    assert.equal(await store.getRun("r"), undefined);
  });
}

export function hostileTextTests(check: Check): void {
  check("keeps hostile text as it is", async (store) => {
    const texts = [
      "",
      "__proto__",
      "a\u0000b",
      "c\ud800d",
      "\udc00",
      "\u001a",
      "\u001a0000",
      "'; DROP TABLE runs; --",
      "𝒳 é \u2028",
    ];
    for (const text of texts) {
      const id = `id ${text}`;
      await store.putEvents([event(id, { name: text, data: text })]);
      await store.route({ app, id }, [{ id, app, functionId: text, eventId: id, wakeAt: t0 }]);
      const claimed = await claimOne(store, { functions: [text], worker: `w${text}` });
      assert.deepEqual(
        [claimed.run, claimed.functionId, claimed.event.name, claimed.event.data],
        [id, text, text, text],
      );
      const results = await store.commit([
        turn(claimed, { label: text, frame: text, steps: [step(1, { id: text, output: text })] }),
      ]);
      assert.deepEqual(results, ["ok"]);
      assert.deepEqual(await store.listSteps(id), [{ ...step(1, { id: text, output: text }), index: 0 }]);
      assert.equal((await view(store, id)).label, text);
    }
  });
}
