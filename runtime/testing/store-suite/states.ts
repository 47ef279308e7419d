/** Conformance: states that decide on runs to come. */
import assert from "node:assert/strict";
import type { StateChange, Store } from "../../store.ts";
import { addRun, app, type Check, claimOne, event, t0, turn } from "./support.ts";

const key = { app, functionId: "f", kind: "rate", key: "k" };
const change = (before: string | undefined, after: string, changes: Partial<StateChange> = {}): StateChange => ({
  ...key,
  before,
  after,
  ...changes,
});

async function value(store: Store): Promise<string | undefined> {
  return (await store.states([key]))[0]?.value;
}

export function stateTests(check: Check): void {
  check("keeps states apart by app, function, kind and key, and gives them in the order asked", async (store) => {
    const keys = [key, { ...key, app: "b" }, { ...key, functionId: "b" }, { ...key, kind: "b" }, { ...key, key: "" }];
    const changes = keys.map((one, index) => ({ ...one, before: undefined, after: String(index) }));
    assert.equal(await store.changeStates(changes, [], t0), "ok");
    assert.deepEqual(
      await store.states([...keys].reverse()),
      changes.map(({ before: _, after, ...one }) => ({ ...one, value: after })).reverse(),
    );
    assert.deepEqual(await store.states([{ ...key, key: "other" }]), [{ ...key, key: "other" }]);
  });

  check("refuses a change that was decided upon something else, and all that comes with it", async (store) => {
    const other = { ...key, key: "other" };
    assert.equal(await store.changeStates([change(undefined, "1")], [event("a")], t0), "ok");
    for (const before of [undefined, "0"]) {
      const changes = [{ ...other, before: undefined, after: "1" }, change(before, "2")];
      assert.equal(await store.changeStates(changes, [event("b")], t0), "conflict");
    }
    assert.equal(await store.changeStates([change("1", "2")], [], t0), "ok");
    assert.deepEqual(await store.states([other]), [other]);
    assert.deepEqual(await store.unroutedEvents(app, 9), [event("a")]);
  });

  check("forgets a state that is over with a later change, and no other", async (store) => {
    await store.changeStates([change(undefined, "1", { expiresAt: t0 })], [], t0);
    assert.equal(await value(store), "1");
    const other = { ...key, key: "other", before: undefined, after: "1" };
    await store.changeStates([other], [], t0);
    assert.equal(await value(store), "1");
    await store.changeStates([{ ...other, before: "1" }], [], t0 + 1);
    assert.equal(await value(store), undefined);
  });

  check("tells how far the run of a state is, and forgets the state with its end", async (store) => {
    await addRun(store, "r");
    await store.changeStates([change(undefined, "1", { run: "r" })], [], t0);
    const isNow = async () => (await store.states([key]))[0]?.run;
    assert.deepEqual(await isNow(), { id: "r", is: "waiting" });
    const claimed = await claimOne(store);
    assert.deepEqual(await isNow(), { id: "r", is: "begun" });
    await store.commit([turn(claimed, { status: "completed" })]);
    assert.deepEqual(await store.states([key]), [key]);
    await addRun(store, "cancelled");
    await store.changeStates([change(undefined, "1", { run: "cancelled" })], [], t0);
    await store.cancel("cancelled", t0, { unwind: true });
    assert.deepEqual(await store.states([key]), [key]);
  });
}
