/** What is kept of runs that have ended, and of the steps of those that go on. */

import type { ClientStore } from "./client-store.ts";
import type { Clock } from "./clock.ts";
import type { Duration } from "./duration.ts";
import { anyLength, checkedLength, checkInteger, checkKeys } from "./options.ts";
import type { StoreRetry } from "./store-retry.ts";

/** What is kept by its age, or by number. What is given of the two must hold of a thing for it to be kept. */
export interface KeptThings {
  /** What ended so long ago or later. */
  readonly age?: Duration | undefined;
  /** So many, those that ended last. */
  readonly count?: number | undefined;
}

/** Which ended runs are kept, with their steps. */
export interface Kept extends KeptThings {
  /**
   * Which records of steps are kept of a run that goes on: by the end of their attempts, and so many attempts of each run.
   * Default: all. A run whose first records were removed goes on as ever; it cannot be rerun or forked from a step.
   */
  readonly steps?: KeptThings | undefined;
}

/** What was removed. */
export interface Removed {
  /** Runs that had ended. */
  readonly runs: number;
  /** Events that no run has. Those of removed runs are not counted. */
  readonly events: number;
  /** Records of steps of runs that go on. */
  readonly steps: number;
}

/** Checked, in milliseconds. */
interface Limits {
  readonly ageMs: number | undefined;
  readonly count: number | undefined;
}

export interface KeptRuns extends Limits {
  readonly steps: Limits;
}

/** A transaction removes so many runs, and so many records of steps: it must not hold up commits. */
const runsAtOnce = 50;
const stepsAtOnce = 500;
/** Runs whose steps are looked at in one call of the store. */
const lookedAtOnce = 200;
const pauseMs = 20;
const intervalMs = 60_000;

/** @throws BackstitchError BS2013 when an option is wrong, BS2012 when an age is no length of time */
export function checkedKept(kept: Kept, where: string): KeptRuns {
  checkKeys(kept, ["age", "count", "steps"], where);
  const { steps = {} } = kept;
  const inSteps = `\`steps\` of ${where}`;
  checkKeys(steps, ["age", "count"], inSteps);
  return { ...checkedLimits(kept, where), steps: checkedLimits(steps, inSteps) };
}

function checkedLimits({ age, count }: KeptThings, where: string): Limits {
  if (count !== undefined) checkInteger(count, "count", { least: 0, most: Number.MAX_SAFE_INTEGER }, where);
  return { ageMs: age === undefined ? undefined : checkedLength(age, "age", anyLength, where), count };
}

/** What a store is asked to keep; undefined when that is all. */
function keptNow({ ageMs, count }: Limits, now: number): { before?: number; keep?: number } | undefined {
  if (ageMs === undefined && count === undefined) return undefined;
  return { ...(ageMs !== undefined && { before: now - ageMs }), ...(count !== undefined && { keep: count }) };
}

/** Removes all that is not kept, in small transactions with pauses. */
export async function pruneAll(
  store: ClientStore,
  app: string,
  kept: KeptRuns,
  clock: Clock,
  stopped?: AbortSignal,
): Promise<Removed> {
  let runs = 0;
  let events = 0;
  const pause = () => clock.until(clock.now() + pauseMs, stopped);
  for (let more = true; more && !stopped?.aborted; ) {
    const what = keptNow(kept, clock.now());
    if (what === undefined) break;
    const removed = await store.prune({ app, ...what, limit: runsAtOnce, stepLimit: stepsAtOnce });
    runs += removed.runs;
    events += removed.events;
    more = removed.more;
    if (more) await pause();
  }
  let steps = 0;
  for (let after: string | undefined = ""; after !== undefined && !stopped?.aborted; ) {
    const what = keptNow(kept.steps, clock.now());
    if (what === undefined) break;
    const removed = await store.pruneSteps({ app, ...what, after, runs: lookedAtOnce, limit: stepsAtOnce });
    steps += removed.steps;
    after = removed.next;
    if (after !== undefined) await pause();
  }
  return { runs, events, steps };
}

/** Prunes now and every minute, until `stopped` aborts. Never rejects. */
export async function keepPruning(
  store: ClientStore,
  app: string,
  kept: KeptRuns,
  { clock, retry, stopped }: { readonly clock: Clock; readonly retry: StoreRetry; readonly stopped: AbortSignal },
): Promise<void> {
  while (!stopped.aborted) {
    const next = await pruneAll(store, app, kept, clock, stopped).then(
      () => {
        retry.worked();
        return clock.now() + intervalMs;
      },
      (error: unknown) => retry.failed(error),
    );
    await clock.until(next, stopped);
  }
}
