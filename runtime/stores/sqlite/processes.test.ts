import { join } from "node:path";
import { expect, it } from "vitest";
import { bundledScript, Script, temporaryFolder } from "../testing-support.ts";
import { newWorkerIdentity } from "../worker-identity.ts";
import { sqlite } from "./index.ts";

const folder = temporaryFolder();
const script = bundledScript(new URL("testing-script.ts", import.meta.url));
const request = { app: "shop", functions: ["f"], limit: 1, leaseMs: 600_000 };

/** An open store on a new file, with runs that are due. */
async function storeWithRuns(name: string, count: number) {
  const path = join(folder(), name);
  const store = sqlite({ path });
  await store.open();
  const ids = Array.from({ length: count }, (_, n) => `run-${String(n).padStart(3, "0")}`);
  await store.putEvents(ids.map((id) => ({ id, app: "shop", name: "e", data: "{}", receivedAt: 0 })));
  for (const id of ids)
    await store.route({ app: "shop", id }, [{ id, app: "shop", functionId: "f", eventId: id, wakeAt: 0 }]);
  return { path, store, ids };
}

it("processes that open a new file at the same time all succeed", async () => {
  for (const round of [1, 2, 3]) {
    const path = join(folder(), `together-${round}.db`);
    const scripts = Array.from({ length: 5 }, () => new Script(script(), "open", path));
    for (const each of scripts) expect(await each.line()).toBe("ready");
    for (const each of scripts) each.go();
    for (const each of scripts) expect([await each.line(), await each.ended()]).toEqual(["open", "0"]);
  }
});

it("processes share the runs of one file: each run goes to one of them", async () => {
  const { path, store, ids } = await storeWithRuns("shared.db", 30);
  const scripts = [1, 2, 3].map(() => new Script(script(), "share", path));
  for (const each of scripts) expect(await each.line()).toBe("ready");
  for (const each of scripts) each.go();
  const lines = (await Promise.all(scripts.map((each) => each.rest()))).flat();
  expect(lines.sort()).toEqual(ids.flatMap((id) => [`${id} ok`, `${id} ok`, `${id} ok`]));
  const { runs } = await store.listRuns({ app: "shop", status: "completed", limit: 100 });
  expect(runs.map(({ id }) => id).sort()).toEqual(ids);
  await store.close();
});

it("what was acknowledged to a process that is killed is there, and whole", async () => {
  const { path, store, ids } = await storeWithRuns("killed.db", 1);
  const [run = ""] = ids;
  for (const round of [1, 2, 3, 4]) {
    const worker = new Script(script(), "commitForever", path);
    const before = (await store.listSteps(run)).length;
    // Its holder is dead, so the run is free at once, though the lease is long.
    const frame = before === 0 ? null : `frame ${before}`;
    expect(await worker.line()).toBe(`claimed ${round} ${round === 1 ? 0 : 1} ${frame}`);
    for (let op = before + 1; op <= before + 20; op += 1) expect(await worker.line()).toBe(String(op));
    worker.kill();
    const acknowledged = Number((await worker.rest()).at(-1) ?? before + 20);
    expect(await worker.ended()).toBe("SIGKILL");

    const steps = await store.listSteps(run);
    expect([acknowledged, acknowledged + 1]).toContain(steps.length);
    expect(steps.map(({ op, output, index }) => [op, output, index])).toEqual(
      steps.map((_, n) => [n + 1, String(n + 1), n]),
    );
    expect((await store.getRun(run))?.label).toBe(`at ${steps.length}`);
  }
  const [claim] = await store.claim({ ...request, worker: newWorkerIdentity(), now: Date.now() });
  const committed = (await store.listSteps(run)).length;
  expect(claim).toMatchObject({ epoch: 5, seq: committed, frame: `frame ${committed}`, lostClaims: 1 });
  await store.close();
}, 60_000);

it("a run whose holder lives waits for the lease", async () => {
  const { path, store } = await storeWithRuns("alive.db", 1);
  const holder = new Script(script(), "commitForever", path);
  expect(await holder.line()).toBe("claimed 1 0 null");
  expect(await store.claim({ ...request, worker: newWorkerIdentity(), now: Date.now() })).toEqual([]);
  holder.kill();
  await holder.ended();
  expect(await store.claim({ ...request, worker: newWorkerIdentity(), now: Date.now() })).toHaveLength(1);
  await store.close();
});
