/** What the conformance tests share: samples with sensible values, to be changed where a test is about them. */
import assert from "node:assert/strict";
import type { Claim, ClaimRequest, Commit, RunView, StepRecord, Store, StoredEvent } from "../../store.ts";

/** Declares one test, which gets an empty, open store. */
export type Check = (name: string, body: (store: Store) => Promise<void>) => void;

export const app = "shop";
export const t0 = 1_800_000_000_000;
export const leaseMs = 30_000;

/** An event to store. */
export function event(id: string, changes: Partial<StoredEvent> = {}): StoredEvent {
  return { id, app, name: "order/placed", data: `{"id":"${id}"}`, receivedAt: t0, ...changes };
}

/** Stores an event and routes it into one run; the run's id is also the event's. */
export async function addRun(
  store: Store,
  id: string,
  { functionId = "f", wakeAt = t0, runApp = app }: { functionId?: string; wakeAt?: number; runApp?: string } = {},
): Promise<void> {
  await store.putEvents([event(id, { app: runApp })]);
  await store.route({ app: runApp, id }, [{ id, app: runApp, functionId, eventId: id, wakeAt }]);
}

/** Claims as "worker-1", unless told otherwise. */
export function claim(store: Store, changes: Partial<ClaimRequest> = {}): Promise<Claim[]> {
  return store.claim({ app, worker: "worker-1", functions: ["f"], limit: 10, now: t0, leaseMs, ...changes });
}

/** Claims the one run that is due. */
export async function claimOne(store: Store, changes: Partial<ClaimRequest> = {}): Promise<Claim> {
  const claims = await claim(store, changes);
  assert.equal(claims.length, 1);
  return claims[0] as Claim;
}

/** A commit of a claimed run that goes on and keeps its lease. */
export function turn(claimed: { run: string; epoch: number }, changes: Partial<Commit> = {}): Commit {
  return {
    run: claimed.run,
    epoch: claimed.epoch,
    now: t0 + 10,
    status: "running",
    label: "charge",
    wakeAt: t0,
    release: false,
    steps: [],
    ...changes,
  };
}

/** The completed first attempt of an op. */
export function step(op: number, changes: Partial<StepRecord> = {}): StepRecord {
  return {
    op,
    attempt: 0,
    id: `step-${op}`,
    kind: "step",
    status: "completed",
    output: `"out ${op}"`,
    startedAt: t0,
    endedAt: t0 + 5,
    ...changes,
  };
}

/** A run that must exist. */
export async function view(store: Store, run: string): Promise<RunView> {
  const found = await store.getRun(run);
  assert.ok(found, `run ${run} is missing`);
  return found;
}

/** Ids of the claimed runs, in order. */
export const ids = (claims: readonly Claim[]) => claims.map(({ run }) => run);
