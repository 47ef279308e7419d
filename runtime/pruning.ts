/** What is kept of runs that have ended. */

import type { ClientStore } from "./client-store.ts";
import type { Clock } from "./clock.ts";
import type { Duration } from "./duration.ts";
import { anyLength, checkedLength, checkInteger, checkKeys } from "./options.ts";
import type { Pruned } from "./store.ts";
import type { StoreRetry } from "./store-retry.ts";

/** Which ended runs are kept. What is given of the two must hold of a run for it to be kept. */
export interface Kept {
  /** Those that ended so long ago or later. */
  readonly age?: Duration | undefined;
  /** So many of them, those that ended last. */
  readonly count?: number | undefined;
}

/** Checked, in milliseconds. */
export interface KeptRuns {
  readonly ageMs: number | undefined;
  readonly count: number | undefined;
}

/** A transaction removes so many runs: it must not hold up commits. */
const atOnce = 50;
const pauseMs = 20;
const intervalMs = 60_000;

/** @throws BackstitchError BS2013 when an option is wrong, BS2012 when the age is no length of time */
export function checkedKept(kept: Kept, where: string): KeptRuns {
  checkKeys(kept, ["age", "count"], where);
  const { age, count } = kept;
  if (count !== undefined) checkInteger(count, "count", { least: 0, most: Number.MAX_SAFE_INTEGER }, where);
  return { ageMs: age === undefined ? undefined : checkedLength(age, "age", anyLength, where), count };
}

/** Removes one batch. */
function pruneSome(store: ClientStore, app: string, { ageMs, count }: KeptRuns, now: number): Promise<Pruned> {
  if (ageMs === undefined && count === undefined) return Promise.resolve({ runs: 0, events: 0 });
  const age = ageMs === undefined ? {} : { before: now - ageMs };
  return store.prune({ app, ...age, ...(count !== undefined && { keep: count }), limit: atOnce });
}

/** Removes all that is not kept, in batches. Answers how many runs there were. */
export async function pruneAll(
  store: ClientStore,
  app: string,
  kept: KeptRuns,
  clock: Clock,
  stopped?: AbortSignal,
): Promise<number> {
  let removed = 0;
  for (;;) {
    const { runs, events } = await pruneSome(store, app, kept, clock.now());
    removed += runs;
    if (Math.max(runs, events) < atOnce || stopped?.aborted) return removed;
    await clock.until(clock.now() + pauseMs, stopped);
  }
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
