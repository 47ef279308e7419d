/**
 * Removes what is over: runs that have ended, with all that is theirs alone, and the first steps of runs that go on. It does
 * not wait for the disk, because what a crash undoes is removed again.
 */
import type { Pruned, PrunedSteps, PruneRequest, StepPruneRequest } from "../../store.ts";
import { all, type FirstRecords, firstRecords, type OpRecords, type Removable } from "../first-records.ts";
import { arrivingBy } from "./away.ts";
import type { Connection } from "./connection.ts";

interface EndedRun {
  readonly n: number;
  readonly eventId: string;
}

export function prune(db: Connection, request: PruneRequest): Pruned {
  const runs = pruneRuns(db, request);
  const events = pruneUnheld(db, request);
  return { runs: runs.count, events, more: runs.more || events >= request.limit };
}

function pruneRuns(db: Connection, request: PruneRequest): { readonly count: number; readonly more: boolean } {
  const before = endedBefore(db, request);
  // It must not take the write lock for nothing.
  if (endedRuns(db, request, before).length === 0) return { count: 0, more: false };
  return db.relaxed(() => {
    const found = endedRuns(db, request, before);
    const gone: EndedRun[] = [];
    let stepsLeft = request.stepLimit;
    for (const run of found) {
      const { count, rest } = removeFirst(db, run.n, stepsLeft, all);
      stepsLeft -= count;
      if (rest) break;
      gone.push(run);
    }
    const events = gone.flatMap(({ n, eventId }) => {
      const joined = db.all<{ eventId: string }>(`SELECT event_id AS "eventId" FROM joined WHERE run = ?`, n);
      return [eventId, ...joined.map((row) => row.eventId)];
    });
    for (const { n } of gone) {
      db.run("DELETE FROM removed_steps WHERE run = ?", n);
      db.run("DELETE FROM joined WHERE run = ?", n);
      db.run("DELETE FROM runs WHERE n = ?", n);
    }
    for (const id of new Set(events)) removeEvent(db, request.app, id);
    return { count: gone.length, more: gone.length < found.length || found.length === request.limit };
  });
}

/** Runs are removed that ended before this time: the later one of what age and number say. */
function endedBefore(db: Connection, { app, before = 0, keep }: PruneRequest): number {
  if (keep === undefined) return before;
  const sql = `SELECT ended_at AS at FROM runs WHERE app = ? AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1 OFFSET ?`;
  const newest = db.first<{ at: number }>(sql, app, Math.max(keep - 1, 0))?.at;
  if (newest === undefined) return before;
  return Math.max(before, keep === 0 ? newest + 1 : newest);
}

/** A run that goes on from a step of another one reads the records of that; so will who goes on from it. */
const readByOthers = `EXISTS (
  SELECT 1 FROM runs AS d WHERE d.app = r.app AND d.origin_run = r.id AND (d.ended_at IS NULL OR d.origin_op IS NOT NULL))`;

function endedRuns(db: Connection, { app, limit }: PruneRequest, before: number): EndedRun[] {
  return db.all<EndedRun>(
    `SELECT r.n, r.event_id AS "eventId" FROM runs AS r
     WHERE r.app = ? AND r.ended_at IS NOT NULL AND r.ended_at < ? AND NOT ${readByOthers}
     ORDER BY r.ended_at LIMIT ?`,
    app,
    before,
    limit,
  );
}

export function pruneSteps(db: Connection, request: StepPruneRequest): PrunedSteps {
  const { app, after, keep, before = 0, limit } = request;
  const looked = db.all<{ n: number; id: string }>(
    "SELECT n, id FROM runs WHERE app = ? AND status = 'running' AND id > ? ORDER BY id LIMIT ?",
    app,
    after ?? "",
    request.runs,
  );
  let steps = 0;
  let last = after;
  for (const { n, id } of looked) {
    const removable = { before, keptFrom: keptFrom(db, n, keep) };
    const left = limit - steps;
    // It must not take the write lock for nothing.
    const found = firstRecords(recordsOf(db, n, 1), left, removable).count > 0;
    if (found) steps += db.relaxed(() => (isRead(db, n) ? 0 : removeFirst(db, n, left, removable).count));
    if (steps >= limit) return { steps, next: last ?? "" };
    last = id;
  }
  return { steps, ...(looked.length === request.runs && last !== undefined && { next: last }) };
}

function isRead(db: Connection, run: number): boolean {
  return db.first(`SELECT 1 FROM runs AS r WHERE r.n = ? AND ${readByOthers}`, run) !== undefined;
}

/** The first op of which a run must keep some of its last records. */
function keptFrom(db: Connection, run: number, keep: number | undefined): number {
  if (keep === undefined) return 0;
  if (keep === 0) return Number.POSITIVE_INFINITY;
  const sql = "SELECT op FROM steps WHERE run = ? ORDER BY op DESC, attempt DESC LIMIT 1 OFFSET ?";
  return db.first<{ op: number }>(sql, run, keep - 1)?.op ?? 0;
}

/** Removes records of its first ops. Within a transaction. */
function removeFirst(db: Connection, run: number, limit: number, removable: Removable): FirstRecords {
  const first = firstRecords(recordsOf(db, run, limit), limit, removable);
  if (first.count === 0) return first;
  db.run("DELETE FROM steps WHERE run = ? AND op <= ?", run, first.last);
  db.run(
    "INSERT INTO removed_steps (run, op) VALUES (?, ?) ON CONFLICT (run) DO UPDATE SET op = max(op, excluded.op)",
    run,
    first.last,
  );
  return first;
}

/** As many ops as tell which of the first are removed. */
function recordsOf(db: Connection, run: number, limit: number): OpRecords[] {
  const sql = `SELECT op, max(ended_at) AS "endedAt", count(*) AS count FROM steps WHERE run = ? GROUP BY op ORDER BY op LIMIT ?`;
  return db.all<OpRecords>(sql, run, Math.max(limit, 0) + 1);
}

/**
 * Events that no run has: those that nobody took, that did not fit, or that waits or limits took. None while a move comes: the
 * runs that have its events come behind them.
 */
function pruneUnheld(db: Connection, { app, before = 0, limit }: PruneRequest): number {
  if (arrivingBy(db, app) !== undefined) return 0;
  const ids = (["unwanted", "unfit", "spent"] as const).flatMap((fate) =>
    db.all<{ id: string }>(
      `SELECT e.id FROM events AS e WHERE e.app = ? AND e.fate = ? AND e.received_at < ? AND e.routed = 1
         AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r.app = e.app AND r.event_id = e.id)
         AND NOT EXISTS (SELECT 1 FROM joined AS j JOIN runs AS r ON r.n = j.run WHERE j.event_id = e.id AND r.app = e.app)
       ORDER BY e.received_at LIMIT ?`,
      ...[app, fate, before, limit],
    ),
  );
  if (ids.length === 0) return 0;
  return db.relaxed(() => ids.slice(0, limit).filter(({ id }) => removeEvent(db, app, id)).length);
}

/** Unless other runs have it too. Answers whether it was removed. */
function removeEvent(db: Connection, app: string, id: string): boolean {
  const removed = db.run(
    `DELETE FROM events WHERE app = ? AND id = ? AND routed = 1
       AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r.app = ? AND r.event_id = ?)
       AND NOT EXISTS (SELECT 1 FROM joined AS j JOIN runs AS r ON r.n = j.run WHERE j.event_id = ? AND r.app = ?)`,
    ...[app, id, app, id, id, app],
  );
  return removed > 0;
}
