/** For the tests of the SQL stores: every method is called, in every form that has a statement of its own. */
import type { Claim, Commit, Store } from "../store.ts";

const request = { app: "shop", worker: "w", functions: ["f"], limit: 1, now: 10, leaseMs: 10 };

/** Runs of "f" that are due. */
export async function addRuns(store: Store, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await store.putEvents([{ id, app: "shop", name: "e", data: "{}", receivedAt: 0 }]);
    await store.route({ app: "shop", id }, [{ id, app: "shop", functionId: "f", eventId: id, wakeAt: 0 }]);
  }
}

export async function claimOne(store: Store, worker = "w"): Promise<Claim> {
  const [claim] = await store.claim({ ...request, worker });
  if (!claim) throw new Error("no run is due");
  return claim;
}

/** The commit of a step, with a frame of 300 bytes and an output of 100. */
export function turn({ run, epoch }: Claim, op: number, changes: Partial<Commit> = {}): Commit {
  const step = { op, attempt: 0, id: "charge", kind: "step", status: "completed", output: "o".repeat(100) } as const;
  return {
    run,
    epoch,
    now: 20 + op,
    status: "running",
    frame: "f".repeat(300),
    label: `at ${op}`,
    wakeAt: 20 + op,
    release: false,
    steps: [{ ...step, startedAt: op, endedAt: op }],
    ...changes,
  };
}

/** Calls what limits, debounced and batched events need. */
async function callForFlow(store: Store): Promise<void> {
  const state = { app: "shop", functionId: "f", kind: "cron", key: "k" };
  await store.states([state]);
  await store.changeStates([{ ...state, before: undefined, after: "1" }], [], 1);
  const waiting = { id: "waiting", app: "shop", functionId: "g", eventId: "first", wakeAt: 0 };
  const names = ["first", "last", "all"] as const;
  await store.putEvents(names.map((id) => ({ id, app: "shop", name: "e", data: "{}", receivedAt: 0 })));
  await store.route({ app: "shop", id: "first" }, [waiting]);
  for (const keeps of ["last", "all"] as const) {
    const joins = [{ run: "waiting", keeps, wakeAt: 0 }];
    await store.route({ app: "shop", id: keeps }, [], [], { joins, states: [], now: 1 });
  }
}

/** Lists events by every filter. */
async function listEverySort(store: Store): Promise<void> {
  for (const name of [undefined, "e"]) {
    for (const fate of [undefined, "unfit"] as const) {
      for (const before of [undefined, "r1"]) {
        const where = { ...(name && { name }), ...(fate && { fate }), ...(before && { before }) };
        await store.listEvents({ app: "shop", limit: 1, ...where });
        await store.listEvents({ app: "shop", limit: 1, ...where, from: 0, until: 9 });
      }
    }
  }
  await store.listEvents({ app: "shop", id: "r1", limit: 1 });
}

/** All that one commit can write beside the run and its steps. */
const messages: Partial<Commit> = {
  waits: [
    { op: 1, kind: "event", name: "paid" },
    { op: 2, kind: "signal", name: "approval" },
  ],
  unwait: [9],
  read: [9],
  signals: [{ op: 4, name: "nobody's", text: "1" }],
  unfit: { event: "r1", problem: "1" },
  events: [{ id: "sent", app: "shop", name: "paid", data: "{}", receivedAt: 0 }],
  acquire: [{ op: 3, pools: [{ name: "pool", limit: 1 }], rank: 1 }],
  giveBack: [3],
  pieces: [{ array: 1, index: 0, text: "1" }],
  dropped: [2],
};

/** @param store has four runs that are due, r1 to r4 */
export async function callEverything(store: Store): Promise<void> {
  const ends: readonly Partial<Commit>[] = [
    {},
    { release: true, wakeAt: 0 },
    { status: "blocked" },
    { status: "completed" },
  ];
  await store.unroutedEvents("shop", 1);
  for (const changes of ends) {
    const held = await claimOne(store);
    await store.renew([held], 10, 10);
    await store.commit([turn(held, 1, { ...changes, ...messages })]);
  }
  await store.waitPaths("shop", "paid");
  const [wait] = await store.waitsFor({ app: "shop", name: "paid", match: undefined, limit: 1 });
  if (!wait) throw new Error("no run waits");
  await store.route({ app: "shop", id: "sent" }, [], [{ wait, text: null }]);
  await store.signal("shop", "approval", "true", 1);
  await store.unreadMail("shop", "w");
  await callForFlow(store);
  await store.claim({ ...request, worker: "another", now: 1_000 });
  await store.resume("r1", 1);
  await store.cancel("r1", 1, { unwind: true });
  await store.cancel("r1", 1, { unwind: false });
  await store.nextWake("shop", ["f"]);
  await store.getRun("r1");
  await store.listSteps("r1");
  await store.listSteps("r1", { after: 0, limit: 1 });
  await store.listSteps("r1", { after: 1, limit: 1 });
  for (const functionId of [undefined, "f"]) {
    for (const status of [undefined, "running"] as const) {
      for (const before of [undefined, "r9"]) {
        for (const from of [undefined, "r0"]) {
          const where = { ...(functionId && { functionId }), ...(status && { status }) };
          const range = { ...(before && { before }), ...(from && { from }) };
          await store.listRuns({ app: "shop", limit: 1, ...where, ...range });
        }
      }
    }
  }
  for (const link of [{ eventId: "r1" }, { parent: "r1" }, { origin: "r1" }]) {
    await store.listRuns({ app: "shop", limit: 1, ...link });
    await store.listRuns({ app: "shop", limit: 1, ...link, functionId: "f", status: "failed" });
  }
  const tested = { label: "at 1", eventName: "e", status: ["failed", "blocked"] } as const;
  await store.listRuns({ app: "shop", limit: 1, ...tested });
  await store.listRuns({ app: "shop", limit: 1, ...tested, functionId: "f" });
  await listEverySort(store);
  await store.listApps();
  await store.getParked("r2");
  await store.derive({ id: "r5", origin: { run: "r2" } }, 0);
  const state = await store.getParked("r5");
  if (state) await store.derive({ id: "r6", origin: { run: "r5", op: 1 }, state: { ...state, frame: "f" } }, 0);
  await store.listOutcomes("r1", [1]);
  await callForMany(store);
  await pruneAll(store);
}

/** Calls what is for many things at once. */
async function callForMany(store: Store): Promise<void> {
  await store.listParked({ limit: 1 });
  await store.listParked({ limit: 1, after: "r1" });
  await store.putEvents([{ id: "many", app: "shop", name: "e", data: "{}", receivedAt: 0 }]);
  const started = { id: "many", app: "shop", functionId: "f", eventId: "many", wakeAt: 0 };
  await store.routeMany("shop", [{ id: "many", runs: [started] }]);
}

async function pruneAll(store: Store): Promise<void> {
  await store.pruneSteps({ app: "shop", before: 1_000, keep: 1, runs: 9, limit: 9 });
  await store.pruneSteps({ app: "shop", before: 1_000, runs: 1, limit: 1 });
  await store.prune({ app: "shop", before: 1_000, keep: 0, limit: 1, stepLimit: 99 });
}
