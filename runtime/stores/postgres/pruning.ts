/** Removes runs that have ended, with all that is theirs alone. */
import type { Pruned, PruneRequest } from "../../store.ts";
import type { Database, Session } from "./database.ts";

export async function prune(db: Database, request: PruneRequest): Promise<Pruned> {
  const { app, before = 0, limit } = request;
  const endBefore = await endedBefore(db, request);
  const runs = await db.transaction(async (session) => {
    const old = await session.all<{ n: number }>(lockRuns, app, endBefore, limit);
    if (old.length === 0) return 0;
    const numbers = old.map(({ n }) => n);
    const rows = await session.all<{ isRun: boolean; event: string }>(pruneRuns, app, numbers);
    if (rows.length > 0) await session.all(pruneEvents, app, [...new Set(rows.map(({ event }) => event))]);
    return rows.filter(({ isRun }) => isRun).length;
  });
  const strays = await db.all<{ id: string }>(oldStrays, app, before, limit);
  const events =
    strays.length === 0
      ? 0
      : (
          await db.all(
            pruneEvents,
            app,
            strays.map(({ id }) => id),
          )
        ).length;
  return { runs, events };
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

const isRead = `EXISTS (
  SELECT FROM backstitch.runs AS d WHERE d.app = r.app AND d.origin_run = r.id
    AND (d.ended_at IS NULL OR d.origin_op IS NOT NULL))`;

const lockRuns = `
  SELECT r.n FROM backstitch.runs AS r
  WHERE r.app = $1 AND r.ended_at IS NOT NULL AND r.ended_at < $2 AND NOT ${isRead}
  ORDER BY r.ended_at LIMIT $3 FOR UPDATE SKIP LOCKED`;

/**
 * A run that goes on from a step of another one reads the records of that; so will who goes on from it. Whoever makes one
 * locks its origin: so it is asked again of the locked rows.
 */
const pruneRuns = `
  WITH old AS MATERIALIZED (
    SELECT r.n, r.event_id FROM backstitch.runs AS r WHERE r.app = $1 AND r.n = ANY($2::bigint[]) AND NOT ${isRead}),
  steps AS (DELETE FROM backstitch.steps AS s USING old WHERE s.run = old.n),
  transactions AS (DELETE FROM backstitch.transactions AS t USING old WHERE t.run = old.n),
  joined AS (DELETE FROM backstitch.joined AS j USING old WHERE j.run = old.n RETURNING j.event_id),
  gone AS (DELETE FROM backstitch.runs AS r USING old WHERE r.n = old.n)
  SELECT true AS "isRun", event_id AS event FROM old UNION ALL SELECT false, event_id FROM joined`;

/** Events that no run has any more. */
const pruneEvents = `
  WITH gone AS (
    DELETE FROM backstitch.events AS e WHERE e.app = $1 AND e.id = ANY($2::text[])
      AND NOT EXISTS (SELECT FROM backstitch.outbox AS o WHERE o.app = e.app AND o.received_at = e.received_at AND o.n = e.n)
      AND NOT EXISTS (SELECT FROM backstitch.runs AS r WHERE r.app = e.app AND r.event_id = e.id)
      AND NOT EXISTS (
        SELECT FROM backstitch.joined AS j JOIN backstitch.runs AS r ON r.n = j.run WHERE j.event_id = e.id AND r.app = e.app)
    RETURNING e.id),
  strays AS (DELETE FROM backstitch.strays AS s USING gone WHERE s.app = $1 AND s.id = gone.id)
  SELECT id FROM gone`;

/** Events that nobody took, or that did not fit; those that started runs go with them. */
const oldStrays = `
  SELECT f.id FROM unnest('{unwanted,unfit}'::text[]) AS g (fate) CROSS JOIN LATERAL (
    SELECT s.id FROM backstitch.strays AS s WHERE s.app = $1 AND s.fate = g.fate AND s.received_at < $2
      AND NOT EXISTS (SELECT FROM backstitch.runs AS r WHERE r.app = s.app AND r.event_id = s.id)
    ORDER BY s.received_at LIMIT $3) AS f`;
