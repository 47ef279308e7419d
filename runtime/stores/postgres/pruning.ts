/** Removes runs that have ended, with all that is theirs alone. */
import type { PruneRequest } from "../../store.ts";
import type { Database, Session } from "./database.ts";

export async function prune(db: Database, request: PruneRequest): Promise<number> {
  const before = await endedBefore(db, request);
  return db.transaction(async (session) => {
    const rows = await session.all<{ isRun: boolean; event: string }>(pruneRuns, request.app, before, request.limit);
    if (rows.length > 0) await session.run(pruneEvents, request.app, [...new Set(rows.map(({ event }) => event))]);
    return rows.filter(({ isRun }) => isRun).length;
  });
}

/** Runs are removed that ended before this time: the later one of what age and number say. */
async function endedBefore(db: Session, { app, before = 0, keep }: PruneRequest): Promise<number> {
  if (keep === undefined) return before;
  const [row] = await db.all<{ at: number }>(
    `SELECT ended_at AS at FROM backstitch.runs WHERE app = $1 AND ended_at IS NOT NULL
     ORDER BY ended_at DESC LIMIT 1 OFFSET $2`,
    app,
    Math.max(keep - 1, 0),
  );
  if (row === undefined) return before;
  return Math.max(before, keep === 0 ? row.at + 1 : row.at);
}

/**
 * A run that is made of another one reads its records until it has ended. Whoever makes one locks its origin, and finds it
 * gone; one whose lock is held is left for another time.
 */
const pruneRuns = `
  WITH old AS MATERIALIZED (
    SELECT r.n, r.event_id FROM backstitch.runs AS r
    WHERE r.app = $1 AND r.ended_at IS NOT NULL AND r.ended_at < $2 AND NOT EXISTS (
      SELECT FROM backstitch.runs AS d WHERE d.app = r.app AND d.origin_run = r.id AND d.ended_at IS NULL)
    ORDER BY r.ended_at LIMIT $3 FOR UPDATE SKIP LOCKED),
  steps AS (DELETE FROM backstitch.steps AS s USING old WHERE s.run = old.n),
  joined AS (DELETE FROM backstitch.joined AS j USING old WHERE j.run = old.n RETURNING j.event_id),
  gone AS (DELETE FROM backstitch.runs AS r USING old WHERE r.n = old.n)
  SELECT true AS "isRun", event_id AS event FROM old UNION ALL SELECT false, event_id FROM joined`;

/** Events that no run has any more. */
const pruneEvents = `
  DELETE FROM backstitch.events AS e WHERE e.app = $1 AND e.id = ANY($2::text[])
    AND NOT EXISTS (SELECT FROM backstitch.outbox AS o WHERE o.app = e.app AND o.received_at = e.received_at AND o.id = e.id)
    AND NOT EXISTS (SELECT FROM backstitch.runs AS r WHERE r.app = e.app AND r.event_id = e.id)
    AND NOT EXISTS (
      SELECT FROM backstitch.joined AS j JOIN backstitch.runs AS r ON r.n = j.run WHERE j.event_id = e.id AND r.app = e.app)`;
