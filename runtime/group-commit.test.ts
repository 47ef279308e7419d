import { describe, expect, test } from "vitest";
import { SystemClock } from "./clock.ts";
import { GroupCommit } from "./group-commit.ts";
import type { Commit, CommitResult } from "./store.ts";
import { StoreRetry } from "./store-retry.ts";

/** Time stands still; pauses end at once, so that an outage costs a test nothing. */
class ImpatientClock extends SystemClock {
  override now(): number {
    return 0;
  }
  override async until(): Promise<void> {
    await new Promise(setImmediate);
  }
}

const commitOf = (run: string): Commit => ({
  run,
  epoch: 1,
  now: 0,
  status: "running",
  label: null,
  wakeAt: null,
  release: false,
  steps: [],
});

/** A store that writes as `write` says, and a list of what it was asked to write. */
function setUpStore(writesElsewhere: boolean, write: (runs: readonly string[]) => Promise<CommitResult[]>) {
  const batches: string[][] = [];
  const logged: string[] = [];
  const log = (...args: unknown[]) => void logged.push(String(args.at(-1)));
  const logger = { debug: log, info: log, warn: log, error: log };
  const clock = new ImpatientClock();
  const closed = new AbortController();
  const store = {
    writesElsewhere,
    commit: (batch: readonly Commit[]) => {
      const runs = batch.map((commit) => commit.run);
      batches.push(runs);
      return write(runs);
    },
  };
  const group = new GroupCommit(store, clock, new StoreRetry("committing", clock, logger), closed.signal);
  return { commit: (run: string) => group.commit(commitOf(run)), batches, logged, closed };
}

const allOk = async (runs: readonly string[]): Promise<CommitResult[]> => runs.map(() => "ok");

describe.each([
  ["holds the thread", false],
  ["writes elsewhere", true],
])("a store that %s", (_, writesElsewhere) => {
  const setUp = setUpStore.bind(undefined, writesElsewhere);

  test("commits of one tick are one batch, and the next batch gathers while it is written", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { commit, batches } = setUp(async (runs) => {
      if (runs.includes("a")) await gate;
      return allOk(runs);
    });
    const first = [commit("a"), commit("b")];
    await new Promise(setImmediate);
    const second = [commit("c")];
    await new Promise(setImmediate);
    second.push(commit("d"));
    open();
    expect(await Promise.all([...first, ...second])).toEqual(["ok", "ok", "ok", "ok"]);
    expect(batches).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
  });

  test("each commit gets its own result", async () => {
    const { commit } = setUp(async (runs) => runs.map((run) => (run === "b" ? "fenced" : "ok")));
    expect(await Promise.all([commit("a"), commit("b"), commit("c")])).toEqual(["ok", "fenced", "ok"]);
  });

  test("an outage loses nothing and is logged once", async () => {
    let failures = 8;
    const { commit, logged } = setUp(async (runs) => {
      if (failures-- > 0) throw new Error("disk full");
      return allOk(runs);
    });
    expect(await Promise.all(["a", "b", "c"].map(commit))).toEqual(["ok", "ok", "ok"]);
    expect(logged).toHaveLength(2);
    expect(logged[0]).toContain("committing failed");
    expect(logged[1]).toContain("committing works again");
  });

  test("a commit that the store refuses for ever is given up; the others of its batch are written", async () => {
    const { commit } = setUp(async (runs) => {
      if (runs.includes("bad")) throw new Error("too large");
      return allOk(runs);
    });
    const results = await Promise.allSettled([commit("a"), commit("bad"), commit("c")]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  test("commits that wait when the worker closes are rejected", async () => {
    const { commit, closed } = setUp(() => Promise.reject(new Error("gone")));
    const waiting = commit("a");
    const settled = expect(waiting).rejects.toThrow("the worker has stopped");
    await new Promise(setImmediate);
    closed.abort();
    await settled;
    await expect(commit("b")).rejects.toThrow("the worker has stopped");
  });
});

test.each([
  ["written before the next batch is begun, where that holds the thread", false, ["a goes on", "c is sent"]],
  ["written when the next batch was sent, where another process writes it", true, ["c is sent", "a goes on"]],
])("runs go on when they are %s", async (_, writesElsewhere, expected) => {
  const told: string[] = [];
  let write = () => {};
  const { commit } = setUpStore(writesElsewhere, async (runs) => {
    if (runs.includes("a"))
      await new Promise<void>((resolve) => {
        write = resolve;
      });
    // As a pool does, which hands out a connection a moment later.
    else process.nextTick(() => told.push(`${runs} is sent`));
    return allOk(runs);
  });
  const first = commit("a").then(() => told.push("a goes on"));
  await new Promise(setImmediate);
  const second = commit("c");
  write();
  await Promise.all([first, second]);
  await new Promise(setImmediate);
  expect(told).toEqual(expected);
});
