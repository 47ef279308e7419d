/** What a store in memory removes. */
import type { Pruned, PrunedSteps, PruneRequest, StepPruneRequest, StoredEvent } from "../store.ts";
import { all, firstRecords, type OpRecords, type Removable } from "./first-records.ts";
import type { MemoryEvents } from "./memory-events.ts";
import { compareText, type Run } from "./memory-runs.ts";

type Runs = Map<string, Run>;

/** @param comes whether the app comes by a move: runs that have its events come behind them */
export function prune(runs: Runs, events: MemoryEvents, request: PruneRequest, comes: boolean): Pruned {
  const { app, before = 0, limit } = request;
  const old = endedRuns(runs, request).slice(0, limit);
  const gone: Run[] = [];
  let stepsLeft = request.stepLimit;
  for (const run of old) {
    stepsLeft -= removeFirst(run, stepsLeft, all);
    if (run.steps.size > 0) break;
    runs.delete(run.id);
    gone.push(run);
  }
  for (const { event, joined } of gone) {
    for (const one of [event, ...joined]) if (!isHeld(runs, one)) events.remove(one);
  }
  const unheld = comes ? [] : events.routedBefore(app, before).filter((event) => !isHeld(runs, event));
  for (const event of unheld.slice(0, limit)) events.remove(event);
  const more = gone.length < old.length || old.length === limit || unheld.length >= limit;
  return { runs: gone.length, events: Math.min(unheld.length, limit), more };
}

/** Those that are not kept, the first to end first. */
function endedRuns(runs: Runs, { app, before = 0, keep = Number.POSITIVE_INFINITY }: PruneRequest): Run[] {
  const ended = [...runs.values()].filter((run) => run.app === app && run.endedAt !== null).sort(byEnd);
  const newest = keep === 0 ? Number.POSITIVE_INFINITY : (ended.at(-keep)?.endedAt ?? 0);
  const isOld = ({ endedAt }: Run) => (endedAt ?? 0) < Math.max(before, newest);
  return ended.filter((run) => isOld(run) && !isRead(runs, run.id));
}

export function pruneSteps(runs: Runs, request: StepPruneRequest): PrunedSteps {
  const { app, after = "", before = 0, keep, limit } = request;
  const going = [...runs.values()]
    .filter((run) => run.app === app && run.status === "running" && run.id > after)
    .sort((a, b) => compareText(a.id, b.id));
  const looked = going.slice(0, request.runs);
  let steps = 0;
  let last = request.after;
  for (const run of looked) {
    if (!isRead(runs, run.id)) {
      steps += removeFirst(run, limit - steps, { before, keptFrom: keptFrom(run, keep) });
    }
    if (steps >= limit) return { steps, next: last ?? "" };
    last = run.id;
  }
  return { steps, ...(going.length > looked.length && last !== undefined && { next: last }) };
}

/** Answers how many records it has removed. */
function removeFirst(run: Run, limit: number, removable: Removable): number {
  const { last, count } = firstRecords(recordsOf(run), limit, removable);
  if (count === 0) return 0;
  for (const op of [...run.steps.keys()]) if (op <= last) run.steps.delete(op);
  run.stepsRemoved = Math.max(run.stepsRemoved ?? 0, last);
  return count;
}

function recordsOf({ steps }: Run): OpRecords[] {
  const ops = [...steps].sort(([a], [b]) => a - b);
  return ops.map(([op, attempts]) => {
    return { op, endedAt: Math.max(...[...attempts.values()].map(({ endedAt }) => endedAt)), count: attempts.size };
  });
}

/** The first op of which a run must keep some of its last records. */
function keptFrom({ steps }: Run, keep: number | undefined): number {
  if (keep === undefined) return 0;
  if (keep === 0) return Number.POSITIVE_INFINITY;
  const ops = [...steps].flatMap(([op, attempts]) => [...attempts.keys()].map(() => op)).sort((a, b) => b - a);
  return ops[keep - 1] ?? 0;
}

/** A run that goes on from a step of another one reads the records of that; so will who goes on from it. */
function isRead(runs: Runs, id: string): boolean {
  const reads = ({ origin, endedAt }: Run) => origin?.run === id && (endedAt === null || origin.op !== undefined);
  return [...runs.values()].some(reads);
}

/** Whether runs have it. */
function isHeld(runs: Runs, { app, id }: StoredEvent): boolean {
  return [...runs.values()].some((run) => [run.event, ...run.joined].some((one) => one.app === app && one.id === id));
}

function byEnd(a: Run, b: Run): number {
  return (a.endedAt ?? 0) - (b.endedAt ?? 0);
}
