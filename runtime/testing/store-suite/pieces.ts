/** Conformance: parts of frames that are stored beside them. */
import assert from "node:assert/strict";
import type { FramePiece } from "../../frame-pieces.ts";
import type { Claim, Commit, CommittedStatus, Store } from "../../store.ts";
import { addRun, app, type Check, claim, claimOne, leaseMs, t0, turn } from "./support.ts";

const piece = (array: number, index: number, text = `"${array}.${index}"`): FramePiece => ({ array, index, text });

/** A frame of one array, whose first elements are pieces. */
const grown = (array: number, count: number, tail = '"tail"') => `[1,[{"$pieces":[${array},${count}]},${tail}]]`;

/** Commits of one claim, one after the other. Each answers "ok". */
async function commitAll(store: Store, held: Claim, ...turns: readonly Partial<Commit>[]): Promise<void> {
  for (const changes of turns) assert.deepEqual(await store.commit([turn(held, changes)]), ["ok"]);
}

/** As another worker gets it, which fences the one before. `times` counts the claims before this one. */
function claimAgain(store: Store, times = 1): Promise<Claim> {
  return claimOne(store, { worker: `worker-${times + 1}`, now: t0 + times * 10 * leaseMs });
}

/** An array with another one in its second piece, and a piece that the frame does not name. */
const pieces = [piece(1, 0, '"a"'), piece(1, 1, '"b",[{"$pieces":[2,1]},"n"]'), piece(2, 0, '"inner"'), piece(1, 2)];
const frame = grown(1, 2, '"\\"$pieces\\""');
const whole = '[1,["a","b",["inner","n"],"\\"$pieces\\""]]';

export function pieceTests(check: Check): void {
  check("come with the claim, by array and index, beside the frame as it was committed", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    assert.equal(held.pieces?.length ?? 0, 0);
    const pieces = [piece(10, 0), piece(2, 1), piece(2, 0), piece(2, 10)];
    await commitAll(store, held, { frame: grown(2, 1), pieces }, { frame: "[1,2]" }, {});
    const next = await claimAgain(store);
    assert.equal(next.frame, "[1,2]");
    assert.deepEqual(next.pieces, [piece(2, 0), piece(2, 1), piece(2, 10), piece(10, 0)]);
  });

  check("keep texts of every sort", async (store) => {
    await addRun(store, "r");
    const texts = ["", "\0", "\u001A0041", "\ud800", '"é\u2028"', "x".repeat(100_000)];
    const pieces = texts.map((text, index) => piece(1, index, text));
    await commitAll(store, await claimOne(store), { frame: "F", pieces });
    assert.deepEqual((await claimAgain(store)).pieces, pieces);
  });

  check("of the same array and index are replaced, and those of dropped arrays are removed first", async (store) => {
    await addRun(store, "r");
    const first = [piece(1, 0), piece(1, 1), piece(2, 0), piece(3, 0), piece(3, 1)];
    const second = [piece(1, 1, "new"), piece(3, 1, "again")];
    await commitAll(
      store,
      await claimOne(store),
      { frame: "F", pieces: first },
      { frame: "G", pieces: second, dropped: [2, 3, 9] },
      { frame: "H", dropped: [] },
    );
    const next = await claimAgain(store);
    assert.deepEqual(next.pieces, [piece(1, 0), piece(1, 1, "new"), piece(3, 1, "again")]);
    await commitAll(store, next, { frame: "I", dropped: [1, 3] });
    assert.equal((await claimAgain(store, 2)).pieces?.length ?? 0, 0);
  });
}

export function pieceFenceTests(check: Check): void {
  check("are not written by a commit that is fenced", async (store) => {
    await addRun(store, "r");
    const old = await claimOne(store);
    await commitAll(store, old, { frame: grown(1, 1), pieces: [piece(1, 0)] });
    const next = await claimAgain(store);
    const late = turn(old, { frame: "late", pieces: [piece(1, 0, "late"), piece(1, 1)], dropped: [1] });
    assert.deepEqual(await store.commit([late]), ["fenced"]);
    const behind = turn(next, { frame: "behind", seq: 5, pieces: [piece(1, 0, "behind")], dropped: [1] });
    assert.deepEqual(await store.commit([behind]), ["fenced"]);
    const { frame, pieces } = await claimAgain(store, 2);
    assert.deepEqual([frame, pieces], [grown(1, 1), [piece(1, 0)]]);
  });

  check("are written once by a commit that is asked for again", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    const first = { seq: 0, frame: grown(1, 1), pieces: [piece(1, 0, "one")] };
    const second = { seq: 1, frame: grown(2, 1), pieces: [piece(2, 0, "two")], dropped: [1] };
    await commitAll(store, held, first, first, second, second);
    const { frame, seq, pieces } = await claimAgain(store);
    assert.deepEqual([frame, seq, pieces], [grown(2, 1), 2, [piece(2, 0, "two")]]);
  });

  check("two turns of one run in one batch write theirs one after the other", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    const results = await store.commit([
      turn(held, { frame: "1", pieces: [piece(1, 0, "old"), piece(2, 0)] }),
      turn(held, { frame: "2", pieces: [piece(1, 0, "new")], dropped: [2] }),
    ]);
    assert.deepEqual(results, ["ok", "ok"]);
    assert.deepEqual((await claimAgain(store)).pieces, [piece(1, 0, "new")]);
  });

  check("in a batch of many runs, each has its own, and a fenced one has none", async (store) => {
    const runs = Array.from({ length: 12 }, (_, n) => `r${n + 10}`);
    for (const id of runs) await addRun(store, id);
    const claims = await claim(store, { limit: 20 });
    const ofRun = (run: string) => [piece(1, 0, `"${run}"`), piece(Number(run.slice(1)), 3)];
    const batch = claims.map(({ run, epoch }, n) => {
      const changes = n % 3 === 0 ? {} : { pieces: ofRun(run), dropped: [7] };
      const isFenced = n % 4 === 3;
      return turn(
        { run, epoch: isFenced ? epoch + 1 : epoch },
        { frame: `"${run}"`, release: n % 2 === 0, ...changes },
      );
    });
    const expected = batch.map(({ run, pieces = [] }, n) =>
      n % 4 === 3 ? [run, null, []] : [run, `"${run}"`, pieces],
    );
    const results = expected.map(([, frame]) => (frame === null ? "fenced" : "ok"));
    assert.deepEqual(await store.commit(batch), results);
    const again = await claim(store, { limit: 20, worker: "worker-2", now: t0 + 10 * leaseMs });
    const seen = new Map(again.map(({ run, frame, pieces = [] }) => [run, [run, frame, pieces]]));
    assert.deepEqual(
      claims.map(({ run }) => seen.get(run)),
      expected,
    );
  });
}

export function wholeFrameTests(check: Check): void {
  check("who looks at a run gets its frame whole", async (store) => {
    for (const id of ["r1", "r2"]) await addRun(store, id);
    const claims = new Map((await claim(store)).map((held) => [held.run, held]));
    await commitAll(store, claims.get("r1") as Claim, { frame, pieces });
    await commitAll(store, claims.get("r2") as Claim, { frame: "[1,2]" });
    const parked = await store.getParked("r1");
    assert.deepEqual([parked?.frame, parked?.pieces], [whole, undefined]);
    const listed = await store.listParked({ limit: 10 });
    assert.deepEqual(
      listed.map((run) => [run.id, run.frame, run.pieces]),
      [
        ["r1", whole, undefined],
        ["r2", "[1,2]", undefined],
      ],
    );
  });

  check("a frame that lacks a piece is shown as it is stored, and fails nobody", async (store) => {
    await addRun(store, "r");
    await commitAll(store, await claimOne(store), { frame, pieces: pieces.slice(1) });
    assert.equal((await store.getParked("r"))?.frame, frame);
    assert.deepEqual(
      (await store.listParked({ limit: 10 })).map((run) => run.frame),
      [frame],
    );
  });

  check("a run that is made of another one begins with the whole frame, and grows by itself", async (store) => {
    await addRun(store, "r");
    await commitAll(store, await claimOne(store), { frame, pieces, release: true, wakeAt: null });
    const state = await store.getParked("r");
    assert.ok(state?.frame);
    const made = { id: "s", origin: { run: "r", op: 1 }, state: { ...state, frame: state.frame } };
    assert.equal(await store.derive(made, t0), true);
    const held = await claimOne(store);
    assert.deepEqual([held.run, held.frame, held.pieces?.length ?? 0], ["s", whole, 0]);
    await commitAll(store, held, { frame: grown(1, 1), pieces: [piece(1, 0, '"own"')] });
    assert.equal((await store.getParked("s"))?.frame, '[1,["own","tail"]]');
    assert.equal((await store.getParked("r"))?.frame, whole);
  });

  check("a blocked run keeps its pieces, for when it is resumed", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    await commitAll(
      store,
      held,
      { frame, pieces: pieces.slice(0, 2) },
      { status: "blocked", frame, pieces: pieces.slice(2) },
    );
    assert.equal((await store.getParked("r"))?.frame, whole);
    assert.equal(await store.resume("r", t0), true);
    const again = await claimOne(store);
    assert.deepEqual([again.frame, again.pieces?.length], [frame, 4]);
  });
}

export function pieceEndTests(check: Check): void {
  const ends: readonly CommittedStatus[] = ["completed", "failed", "cancelled"];
  for (const status of ends) {
    check(`a run that is ${status} has none left, with other ends and going runs in its batch`, async (store) => {
      for (const id of ["ends", "ends at once", "goes on", "has none"]) await addRun(store, id);
      const claims = new Map((await claim(store)).map((held) => [held.run, held]));
      const of = (run: string, changes: Partial<Commit>) => turn(claims.get(run) as Claim, changes);
      await store.commit([of("ends", { frame, pieces }), of("goes on", { frame, pieces: pieces.slice(1) })]);
      const results = await store.commit([
        of("ends", { status, wakeAt: null }),
        of("ends at once", { status, wakeAt: null, frame, pieces }),
        of("goes on", { frame, pieces: pieces.slice(0, 1) }),
        of("has none", { status, wakeAt: null }),
      ]);
      assert.deepEqual(results, ["ok", "ok", "ok", "ok"]);
      assert.deepEqual(
        (await store.listParked({ limit: 9 })).map((run) => [run.id, run.frame]),
        [["goes on", whole]],
      );
      assert.deepEqual(await store.prune({ app, keep: 0, limit: 9, stepLimit: 100 }), {
        runs: 3,
        events: 0,
        more: false,
      });
    });
  }

  check("a run that is cancelled where it is has none left, and its worker writes no more", async (store) => {
    await addRun(store, "r");
    const held = await claimOne(store);
    await commitAll(store, held, { frame, pieces });
    assert.equal(await store.cancel("r", t0 + 1, { unwind: false }), true);
    assert.deepEqual(await store.commit([turn(held, { frame, pieces })]), ["fenced"]);
    assert.equal(await store.getParked("r"), undefined);
    assert.deepEqual(await store.listParked({ limit: 9 }), []);
  });
}
