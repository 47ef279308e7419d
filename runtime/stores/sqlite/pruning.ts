/** Removes runs that have ended, with all that is theirs alone. */
import type { Pruned, PruneRequest } from "../../store.ts";
import type { Connection } from "./connection.ts";

interface EndedRun {
  readonly n: number;
  readonly eventId: string;
}

export function prune(db: Connection, request: PruneRequest): Pruned {
  return { runs: pruneRuns(db, request), events: pruneStrays(db, request) };
}

function pruneRuns(db: Connection, request: PruneRequest): number {
  const before = endedBefore(db, request);
  // It must not take the write lock for nothing.
  if (endedRuns(db, request, before).length === 0) return 0;
  return db.transaction(() => {
    const runs = endedRuns(db, request, before);
    const events = runs.flatMap(({ n, eventId }) => {
      const joined = db.all<{ eventId: string }>(`SELECT event_id AS "eventId" FROM joined WHERE run = ?`, n);
      return [eventId, ...joined.map((row) => row.eventId)];
    });
    for (const { n } of runs) {
      db.run("DELETE FROM steps WHERE run = ?", n);
      db.run("DELETE FROM joined WHERE run = ?", n);
      db.run("DELETE FROM runs WHERE n = ?", n);
    }
    for (const id of new Set(events)) removeEvent(db, request.app, id);
    return runs.length;
  });
}

/** Runs are removed that ended before this time: the later one of what age and number say. */
function endedBefore(db: Connection, { app, before = 0, keep }: PruneRequest): number {
  if (keep === undefined) return before;
  const sql = `SELECT ended_at AS at FROM runs WHERE app = ? AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1 OFFSET ?`;
  const newest = db.all<{ at: number }>(sql, app, Math.max(keep - 1, 0))[0]?.at;
  if (newest === undefined) return before;
  return Math.max(before, keep === 0 ? newest + 1 : newest);
}

/** A run that goes on from a step of another one reads the records of that; so will who goes on from it. */
function endedRuns(db: Connection, { app, limit }: PruneRequest, before: number): EndedRun[] {
  return db.all<EndedRun>(
    `SELECT r.n, r.event_id AS "eventId" FROM runs AS r
     WHERE r.app = ? AND r.ended_at IS NOT NULL AND r.ended_at < ? AND NOT EXISTS (
       SELECT 1 FROM runs AS d
       WHERE d.app = r.app AND d.origin_run = r.id AND (d.ended_at IS NULL OR d.origin_op IS NOT NULL))
     ORDER BY r.ended_at LIMIT ?`,
    app,
    before,
    limit,
  );
}

/** Events that nobody took, or that did not fit; those that started runs go with them. */
function pruneStrays(db: Connection, { app, before = 0, limit }: PruneRequest): number {
  const ids = (["unwanted", "unfit"] as const).flatMap((fate) =>
    db.all<{ id: string }>(
      `SELECT e.id FROM events AS e WHERE e.app = ? AND e.fate = ? AND e.received_at < ? AND e.routed = 1
         AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r.app = e.app AND r.event_id = e.id)
       ORDER BY e.received_at LIMIT ?`,
      ...[app, fate, before, limit],
    ),
  );
  if (ids.length === 0) return 0;
  return db.transaction(() => ids.filter(({ id }) => removeEvent(db, app, id)).length);
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
