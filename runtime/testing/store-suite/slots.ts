/** Conformance: slots of pools. */
import assert from "node:assert/strict";
import type { Claim, Commit, CommitResult, SlotRequest, Store } from "../../store.ts";
import { addRun, type Check, claim, claimOne, t0, turn } from "./support.ts";

const narrow = (limit = 1) => ({ name: "narrow", limit });
const wide = (limit = 2) => ({ name: "wide", limit });

const request = (op: number, changes: Partial<SlotRequest> = {}): SlotRequest => ({
  op,
  pools: [narrow()],
  rank: t0,
  ...changes,
});

async function claims(store: Store, ...runs: readonly string[]): Promise<Claim[]> {
  for (const id of runs) await addRun(store, id);
  return claim(store);
}

async function commit(store: Store, claimed: Claim | undefined, changes: Partial<Commit>): Promise<CommitResult> {
  assert.ok(claimed);
  const [result] = await store.commit([turn(claimed, changes)]);
  return result as CommitResult;
}

/** Ops that a run was told of. */
async function told(store: Store, run: string): Promise<number[]> {
  const unread = await store.unreadMail("shop", "worker-1");
  const mail = unread.find((one) => one.run === run)?.mail ?? [];
  return mail.filter(({ kind }) => kind === "slot").map(({ op }) => op);
}

export function slotTests(check: Check): void {
  check("grants as many slots of a pool as its limit, and tells who waits when one is given back", async (store) => {
    const [a, b, c] = await claims(store, "a", "b", "c");
    assert.deepEqual(await commit(store, a, { acquire: [request(1)] }), { granted: [1] });
    assert.equal(await commit(store, b, { acquire: [request(1)] }), "ok");
    assert.equal(await commit(store, c, { acquire: [request(7)] }), "ok");
    assert.equal(await commit(store, a, { giveBack: [1] }), "ok");
    assert.deepEqual([await told(store, "b"), await told(store, "c")], [[1], []]);
    assert.equal(await commit(store, b, { giveBack: [1], read: [1] }), "ok");
    assert.deepEqual([await told(store, "b"), await told(store, "c")], [[], [7]]);
  });

  check("serves the least rank first, and of equal ones the one that began to wait first", async (store) => {
    const [a, b, c, d] = await claims(store, "a", "b", "c", "d");
    await commit(store, a, { acquire: [request(1)] });
    await commit(store, b, { acquire: [request(1)] });
    await commit(store, c, { acquire: [request(1)] });
    await commit(store, d, { acquire: [request(1, { rank: t0 - 1 })] });
    await commit(store, a, { giveBack: [1] });
    assert.deepEqual([await told(store, "b"), await told(store, "d")], [[], [1]]);
    await commit(store, d, { giveBack: [1] });
    assert.deepEqual([await told(store, "b"), await told(store, "c")], [[1], []]);
  });

  check("tells a run of its own ops in the answer, and gives back before it acquires", async (store) => {
    const [a, b] = await claims(store, "a", "b");
    assert.deepEqual(await commit(store, a, { acquire: [request(1), request(2)] }), { granted: [1] });
    assert.deepEqual(await commit(store, a, { giveBack: [1], acquire: [request(3)] }), { granted: [2] });
    await commit(store, b, { acquire: [request(1)] });
    assert.deepEqual(await commit(store, a, { giveBack: [2], acquire: [request(2)] }), { granted: [3] });
    assert.deepEqual(await told(store, "a"), []);
  });

  check("lets an op ask again without losing what it has, or its place", async (store) => {
    const [a, b, c] = await claims(store, "a", "b", "c");
    await commit(store, a, { acquire: [request(1)] });
    await commit(store, b, { acquire: [request(1)] });
    await commit(store, c, { acquire: [request(1)] });
    assert.deepEqual(await commit(store, a, { acquire: [request(1)] }), { granted: [1] });
    assert.equal(await commit(store, b, { acquire: [request(1)] }), "ok");
    await commit(store, a, { giveBack: [1] });
    assert.deepEqual([await told(store, "b"), await told(store, "c")], [[1], []]);
  });
}

export function poolTests(check: Check): void {
  check("serves several pools one after the other", async (store) => {
    const [a, b, c] = await claims(store, "a", "b", "c");
    const both = (op: number) => request(op, { pools: [narrow(), wide(1)] });
    const other = (op: number) => request(op, { pools: [wide(1)] });
    assert.deepEqual(await commit(store, a, { acquire: [both(1)] }), { granted: [1] });
    assert.equal(await commit(store, b, { acquire: [other(1)] }), "ok");
    assert.equal(await commit(store, c, { acquire: [both(1)] }), "ok");
    await commit(store, a, { giveBack: [1] });
    assert.deepEqual([await told(store, "b"), await told(store, "c")], [[1], []]);
    await commit(store, b, { giveBack: [1] });
    assert.deepEqual(await told(store, "c"), [1]);
  });

  check("takes a limit as the last op that asked says it", async (store) => {
    const [a, b] = await claims(store, "a", "b");
    await commit(store, a, { acquire: [request(1), request(2)] });
    const result = await commit(store, b, { acquire: [request(1, { pools: [narrow(3)] })] });
    assert.deepEqual([result, await told(store, "a")], [{ granted: [1] }, [2]]);
  });
}

export function givenBackTests(check: Check): void {
  for (const status of ["completed", "failed", "blocked"] as const) {
    check(`gives back what a run has that is ${status}`, async (store) => {
      const [a, b] = await claims(store, "a", "b");
      await commit(store, a, { acquire: [request(1), request(2)] });
      await commit(store, b, { acquire: [request(1)] });
      await commit(store, a, { status, release: true, wakeAt: null });
      assert.deepEqual(await told(store, "b"), [1]);
      await store.resume("a", t0);
      const again = status === "blocked" ? await claimOne(store) : undefined;
      assert.equal(again?.slots, undefined);
    });
  }

  check("gives back what a run has that is cancelled on the spot", async (store) => {
    const [a, b] = await claims(store, "a", "b");
    await commit(store, a, { acquire: [request(1)] });
    await commit(store, b, { acquire: [request(1)] });
    await store.cancel("a", t0, { unwind: false });
    assert.deepEqual(await told(store, "b"), [1]);
  });

  check("leaves a slot with its run when its worker dies, and tells the next claim", async (store) => {
    const [a, b] = await claims(store, "a", "b");
    await commit(store, a, { acquire: [request(1), request(2)] });
    await commit(store, b, { acquire: [request(5)], release: true, wakeAt: null });
    const later = { worker: "worker-2", now: t0 + 1_000_000 };
    const again = await claimOne(store, later);
    assert.deepEqual(again.slots, [
      { op: 1, granted: true },
      { op: 2, granted: false },
    ]);
    await commit(store, again, { giveBack: [1, 2] });
    const woken = await claimOne(store, later);
    assert.deepEqual([woken.run, woken.slots], ["b", [{ op: 5, granted: true }]]);
    assert.deepEqual(
      woken.mail.map(({ kind, op }) => [kind, op]),
      [["slot", 5]],
    );
  });

  check("changes no slot for a commit that is fenced", async (store) => {
    const [a, b] = await claims(store, "a", "b");
    assert.ok(a);
    assert.equal(await commit(store, { ...a, epoch: 9 }, { acquire: [request(1)] }), "fenced");
    assert.deepEqual(await commit(store, b, { acquire: [request(1)] }), { granted: [1] });
  });
}
