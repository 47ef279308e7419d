/** What moves of a store in memory, as it is read. */
import type { MovedPage, MovedRecord, MovedRun, NewWait } from "../store.ts";
import type { Run } from "./memory-runs.ts";

/** @param status before it was `moving`; undefined for one that has ended */
export function movedOf(run: Run, status: MovedRun["status"] | undefined, waits: readonly NewWait[]): MovedRun {
  const { id, functionId, event, joined, epoch, seq, lostClaims, label, wakeAt, frame, pieces, output, error } = run;
  const { createdAt, updatedAt, endedAt, parent, origin, stepsRemoved, mailed, mail, steps } = run;
  return {
    ...{ id, functionId, eventId: event.id, joined: joined.map((each) => each.id), epoch, seq, lostClaims },
    ...{ label, wakeAt, frame, pieces, output, error, createdAt, updatedAt, endedAt, mailed, mail: [...mail] },
    status: status ?? (run.status as MovedRun["status"]),
    ...(parent && { parent }),
    ...(origin && { origin }),
    ...(stepsRemoved !== undefined && { stepsRemoved }),
    waits,
    records: [...steps.values()].reduce((sum, attempts) => sum + attempts.size, 0),
  };
}

/** By op and attempt. */
export function recordsBehind(
  run: Run | undefined,
  after: { readonly op: number; readonly attempt: number } | undefined,
): MovedRecord[] {
  const isBehind = ({ op, attempt }: MovedRecord) =>
    after === undefined || op > after.op || (op === after.op && attempt > after.attempt);
  return [...(run?.steps.values() ?? [])]
    .flatMap((attempts) => [...attempts.values()])
    .sort((a, b) => a.op - b.op || a.attempt - b.attempt)
    .filter(isBehind);
}

/** Numbered from 1. */
export function pageOf<Item>(all: readonly Item[], after: number, limit: number): MovedPage<Item> {
  const items = all.slice(after, after + limit);
  return { items, ...(items.length === limit && { next: after + limit }) };
}
