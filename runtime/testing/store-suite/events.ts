/** Conformance: events, routing, and text of every kind. */
import assert from "node:assert/strict";
import type { Claim, EventQuery, Store } from "../../store.ts";
import { addRun, app, type Check, claim, claimOne, event, ids, step, t0, turn, view } from "./support.ts";

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
      ["early", "b", "a"],
    );
    assert.deepEqual(listed[0], event("early"));
  });

  check("keeps the first event of an id", async (store) => {
    await store.putEvents([event("e"), event("e", { data: "second" })]);
    await store.putEvents([event("e", { data: "third" })]);
    assert.deepEqual(await store.unroutedEvents(app, 10), [event("e")]);
  });
}

export function routeManyTests(check: Check): void {
  const run = (id: string, eventId: string) => ({ id, app, functionId: "f", eventId, wakeAt: t0 });

  check("routes many events at once, in their order; those that are routed already are left out", async (store) => {
    await store.putEvents(["c", "a", "b", "d"].map((id) => event(id)));
    await store.route({ app, id: "d" }, [run("0d", "d")]);
    const events = ["c", "a", "d", "gone"].map((id) => ({ id, runs: [run(`1${id}`, id), run(`2${id}`, id)] }));
    await store.routeMany(app, events);
    await store.routeMany(app, events);
    await store.routeMany(app, []);
    assert.deepEqual(
      (await store.unroutedEvents(app, 9)).map(({ id }) => id),
      ["b"],
    );
    const { runs } = await store.listRuns({ app, limit: 20 });
    assert.deepEqual(runs.map(({ id }) => id).sort(), ["0d", "1a", "1c", "2a", "2c"]);
    assert.equal((await store.getRun("2a"))?.event.id, "a");
    assert.deepEqual(ids(await claim(store, { limit: 9 })).sort(), ["0d", "1a", "1c", "2a", "2c"]);
  });

  check("rejects runs of another event, and routes none", async (store) => {
    await store.putEvents([event("a"), event("b")]);
    const wrong = [
      { id: "b", runs: [run("1b", "a")] },
      { id: "a", runs: [run("1a", "a")] },
    ];
    await assert.rejects(store.routeMany(app, wrong));
    assert.equal((await store.unroutedEvents(app, 9)).length, 2);
  });
}

/** Ids of all pages of two. */
async function listed(store: Store, query: Partial<EventQuery> = {}): Promise<string[]> {
  const found: string[] = [];
  for (let before: string | undefined; ; ) {
    const page = await store.listEvents({ app, limit: 2, ...query, ...(before !== undefined && { before }) });
    found.push(...page.map(({ id }) => id));
    if (page.length < 2) return found;
    before = page.at(-1)?.id;
  }
}

export function eventOrderTests(check: Check): void {
  check("those of one time are routed in the order in which they were stored, whatever their ids", async (store) => {
    await store.putEvents(["z", "m", "a"].map((id) => event(id)));
    await store.putEvents([event("b"), event("z"), event("A")]);
    await addRun(store, "0");
    const sent = [event("y", { receivedAt: t0 + 10 }), event("x", { receivedAt: t0 + 10 })];
    await store.commit([turn(await claimOne(store), { events: sent })]);
    await store.changeStates([], [event("c", { receivedAt: t0 + 10 })], t0);
    const unrouted = await store.unroutedEvents(app, 20);
    assert.deepEqual(
      unrouted.map(({ id }) => id),
      ["z", "m", "a", "b", "A", "y", "x", "c"],
    );
    await store.route({ app, id: "m" }, []);
    assert.deepEqual(
      (await store.unroutedEvents(app, 2)).map(({ id }) => id),
      ["z", "a"],
    );
  });
}

export function eventListTests(check: Check): void {
  check("lists events newest first, by name, fate and time, page by page", async (store) => {
    const names = ["a", "b", "a", "b", "a", "b"];
    const times = [5, 1, 3, 3, 3, 9];
    await store.putEvents(
      names.map((name, index) => event(`e${index}`, { name, receivedAt: t0 + (times[index] ?? 0) })),
    );
    await store.putEvents([event("e9", { app: "other", name: "a" })]);
    assert.deepEqual(await listed(store), ["e5", "e0", "e4", "e3", "e2", "e1"]);
    assert.deepEqual(await listed(store, { name: "a" }), ["e0", "e4", "e2"]);
    assert.deepEqual(await listed(store, { from: t0 + 3, until: t0 + 9 }), ["e0", "e4", "e3", "e2"]);
    assert.deepEqual(await listed(store, { from: t0 + 3, until: t0 + 5, name: "b" }), ["e3"]);
    for (const id of ["e0", "e2", "e3"]) {
      await store.route({ app, id }, [], [], { stray: { fate: "unfit", problem: `"${id}"` }, now: t0 });
    }
    for (const id of ["e1", "e4"]) await store.route({ app, id }, [], [], { stray: { fate: "unwanted" }, now: t0 });
    assert.deepEqual(await listed(store, { fate: "unfit" }), ["e0", "e3", "e2"]);
    assert.deepEqual(await listed(store, { fate: "unfit", name: "a" }), ["e0", "e2"]);
    assert.deepEqual(await listed(store, { fate: "unfit", until: t0 + 5 }), ["e3", "e2"]);
    assert.deepEqual(await listed(store, { fate: "unwanted", name: "a", from: t0 }), ["e4"]);
    assert.deepEqual(await listed(store, { name: "c" }), []);
    assert.deepEqual(await listed(store, { id: "e3" }), ["e3"]);
    assert.deepEqual(await listed(store, { id: "e9" }), []);
    assert.deepEqual(await store.listEvents({ app, before: "e9", limit: 9 }), []);
    assert.deepEqual(await store.listApps(), ["other", app]);
  });

  check("finds events by names of any length", async (store) => {
    const long = "n".repeat(5_000);
    await store.putEvents([event("a", { name: long }), event("b", { name: `${long}!` })]);
    await store.route({ app, id: "b" }, [], [], { stray: { fate: "unwanted" }, now: t0 });
    assert.deepEqual(await listed(store, { name: long }), ["a"]);
    assert.deepEqual(await listed(store, { name: `${long}!`, fate: "unwanted" }), ["b"]);
  });
}

export function fateTests(check: Check): void {
  check("tells what became of an event", async (store) => {
    const whole = event("whole", { target: "f", parent: { run: "parent", op: 2 } });
    await store.putEvents([whole, event("bad"), event("nobody's")]);
    await addRun(store, "r");
    await store.route({ app, id: "bad" }, [], [], { stray: { fate: "unfit", problem: '"first"' }, now: t0 });
    await store.route({ app, id: "nobody's" }, [], [], { stray: { fate: "unwanted" }, now: t0 });
    const of = async (id: string) => (await store.listEvents({ app, id, limit: 1 }))[0];
    assert.deepEqual(await of("whole"), { ...whole, fate: "queued" });
    assert.deepEqual(await of("r"), { ...event("r"), fate: "taken" });
    assert.deepEqual(await of("bad"), { ...event("bad"), fate: "unfit", problem: '"first"' });
    assert.deepEqual(await of("nobody's"), { ...event("nobody's"), fate: "unwanted" });
    assert.equal(await of("gone"), undefined);
  });

  check(
    "notes with a commit that an event did not fit, unless that is known, or the commit is fenced",
    async (store) => {
      await addRun(store, "r");
      await addRun(store, "s");
      await store.putEvents([event("known")]);
      await store.route({ app, id: "known" }, [], [], { stray: { fate: "unfit", problem: '"first"' }, now: t0 });
      const [r, s] = await claim(store);
      const fails = (of: Claim | undefined, unfit: string, epoch = 1) =>
        turn({ run: of?.run ?? "", epoch }, { status: "failed", unfit: { event: unfit, problem: `"${of?.run}"` } });
      assert.deepEqual(await store.commit([fails(r, "s", 9)]), ["fenced"]);
      assert.deepEqual(await listed(store, { fate: "unfit" }), ["known"]);
      // Both are runs of one event, as of two functions.
      assert.deepEqual(await store.commit([fails(r, "r"), fails(s, "r")]), ["ok", "ok"]);
      const problemOf = async (id: string) => (await store.listEvents({ app, id, limit: 1 }))[0]?.problem;
      assert.match((await problemOf("r")) ?? "", /^"[rs]"$/);
      assert.deepEqual((await listed(store, { fate: "unfit" })).sort(), ["known", "r"]);
      await addRun(store, "t");
      await store.commit([fails((await claim(store))[0], "known")]);
      assert.equal(await problemOf("known"), '"first"');
    },
  );
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
      const found = await store.listEvents({ app, name: text, limit: 9 });
      assert.deepEqual(
        found.map((each) => [each.id, each.name]),
        [[id, text]],
      );
    }
  });
}
