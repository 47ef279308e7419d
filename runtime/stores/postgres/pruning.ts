/** Removes what is over: runs that have ended, with all that is theirs alone, and the first steps of runs that go on. */
import type { Pruned, PrunedSteps, PruneRequest, StepPruneRequest } from "../../store.ts";
import { all, firstRecords, type OpRecords, type Removable } from "../first-records.ts";
import { arrivingBy } from "./away.ts";
import type { Database, Session } from "./database.ts";

export async function prune(db: Database, request: PruneRequest): Promise<Pruned> {
  const { app, before = 0, limit } = request;
  const endBefore = await endedBefore(db, request);
  const runs = await db.transaction((session) => pruneRuns(session, request, endBefore));
  // Runs that have the events of a move come behind them.
  const comes = (await arrivingBy(db, app)) !== undefined;
  const unheld = comes ? [] : await db.all<{ id: string }>(oldUnheld, app, before, limit);
  const ids = unheld.slice(0, limit).map(({ id }) => id);
  const events = ids.length === 0 ? 0 : (await db.all(pruneEvents, app, ids)).length;
  return { runs: runs.count, events, more: runs.more || events === limit };
}

async function pruneRuns(
  session: Session,
  { app, limit, stepLimit }: PruneRequest,
  endBefore: number,
): Promise<{ readonly count: number; readonly more: boolean }> {
  const old = await session.all<{ n: number }>(lockRuns, app, endBefore, limit);
  if (old.length === 0) return { count: 0, more: false };
  const whole = await wholeRuns(
    session,
    old.map(({ n }) => n),
    stepLimit,
  );
  const rows = whole.length === 0 ? [] : await session.all<{ isRun: boolean; event: string }>(removeRuns, app, whole);
  if (rows.length > 0) await session.all(pruneEvents, app, [...new Set(rows.map(({ event }) => event))]);
  const next = old[whole.length]?.n;
  // Of one that has too many steps, the first ones go.
  if (next !== undefined && whole.length === 0 && !(await isRead(session, next))) {
    await removeFirst(session, next, stepLimit, all);
  }
  return { count: rows.filter(({ isRun }) => isRun).length, more: next !== undefined || old.length === limit };
}

/** As many of the first runs as have no more steps than that, all of them together. */
async function wholeRuns(session: Session, runs: readonly number[], stepLimit: number): Promise<number[]> {
  const counts = await session.all<{ steps: number }>(countSteps, runs, stepLimit + 1);
  let left = stepLimit;
  const end = counts.findIndex(({ steps }) => {
    left -= steps;
    return left < 0;
  });
  return end === -1 ? [...runs] : runs.slice(0, end);
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

/** One statement tells of which runs there may be something to remove, and each of these is a transaction of its own. */
export async function pruneSteps(db: Database, request: StepPruneRequest): Promise<PrunedSteps> {
  const { app, after, keep, before = 0, limit } = request;
  const looked = await db.all<LookedRun>(
    lookAtRuns,
    app,
    after ?? "",
    request.runs,
    keep === undefined ? null : keep - 1,
  );
  let steps = 0;
  let last = after;
  for (const { n, id, firstOp, endedAt, keptOp } of looked) {
    const keptFrom = keep === undefined ? 0 : keep === 0 ? Number.POSITIVE_INFINITY : (keptOp ?? 0);
    if (firstOp !== null && endedAt !== null && (endedAt < before || firstOp < keptFrom)) {
      const left = limit - steps;
      steps += await db.transaction(async (session) =>
        (await isRead(session, n)) ? 0 : removeFirst(session, n, left, { before, keptFrom }),
      );
    }
    if (steps >= limit) return { steps, next: last ?? "" };
    last = id;
  }
  return { steps, ...(looked.length === request.runs && last !== undefined && { next: last }) };
}

interface LookedRun {
  readonly n: number;
  readonly id: string;
  /** Of its first record; null when it has none. */
  readonly firstOp: number | null;
  readonly endedAt: number | null;
  /** The first op of which it must keep some of its last records. */
  readonly keptOp: number | null;
}

/** Removes records of its first ops. Those that are read are removed: one that comes meanwhile stays. */
async function removeFirst(session: Session, run: number, limit: number, removable: Removable): Promise<number> {
  const ops = await session.all<OpRecords>(firstOps, run, Math.max(limit, 0) + 1);
  const { last, count } = firstRecords(ops, limit, removable);
  const removed = ops.map(({ op }) => op).filter((op) => op <= last);
  if (count > 0) await session.run(removeSteps, run, removed, last);
  return count;
}

async function isRead(session: Session, run: number): Promise<boolean> {
  const rows = await session.all(`SELECT FROM backstitch.runs AS r WHERE r.n = $1 AND ${readByOthers}`, run);
  return rows.length > 0;
}

const readByOthers = `EXISTS (
  SELECT FROM backstitch.runs AS d WHERE d.app = r.app AND d.origin_run = r.id
    AND (d.ended_at IS NULL OR d.origin_op IS NOT NULL))`;

const lockRuns = `
  SELECT r.n FROM backstitch.runs AS r
  WHERE r.app = $1 AND r.ended_at IS NOT NULL AND r.ended_at < $2 AND NOT ${readByOthers}
  ORDER BY r.ended_at LIMIT $3 FOR UPDATE SKIP LOCKED`;

const countSteps = `
  SELECT (SELECT count(*) FROM (SELECT FROM backstitch.steps AS s WHERE s.run = g.n LIMIT $2) AS c) AS steps
  FROM unnest($1::bigint[]) WITH ORDINALITY AS g (n, place) ORDER BY g.place`;

/**
 * A run that goes on from a step of another one reads the records of that; so will who goes on from it. Whoever makes one
 * locks its origin: so it is asked again of the locked rows.
 */
const removeRuns = `
  WITH old AS MATERIALIZED (
    SELECT r.n, r.event_id FROM backstitch.runs AS r WHERE r.app = $1 AND r.n = ANY($2::bigint[]) AND NOT ${readByOthers}),
  steps AS (DELETE FROM backstitch.steps AS s USING old WHERE s.run = old.n),
  removed_steps AS (DELETE FROM backstitch.removed_steps AS p USING old WHERE p.run = old.n),
  transactions AS (DELETE FROM backstitch.transactions AS t USING old WHERE t.run = old.n),
  joined AS (DELETE FROM backstitch.joined AS j USING old WHERE j.run = old.n RETURNING j.event_id),
  gone AS (DELETE FROM backstitch.runs AS r USING old WHERE r.n = old.n)
  SELECT true AS "isRun", event_id AS event FROM old UNION ALL SELECT false, event_id FROM joined`;

const lookAtRuns = `
  SELECT r.n, r.id, f.op AS "firstOp", f.ended_at AS "endedAt", (
    SELECT k.op FROM backstitch.steps AS k WHERE k.run = r.n AND $4::bigint >= 0
    ORDER BY k.op DESC, k.attempt DESC LIMIT 1 OFFSET greatest($4::bigint, 0)) AS "keptOp"
  FROM (
    SELECT n, id FROM backstitch.runs WHERE app = $1 AND status = 'running' AND id > $2 ORDER BY id LIMIT $3) AS r
  LEFT JOIN LATERAL (
    SELECT s.op, s.ended_at FROM backstitch.steps AS s WHERE s.run = r.n ORDER BY s.op, s.attempt LIMIT 1) AS f ON true
  ORDER BY r.id`;

const firstOps = `
  SELECT op, max(ended_at) AS "endedAt", count(*) AS count FROM backstitch.steps WHERE run = $1
  GROUP BY op ORDER BY op LIMIT $2`;

/** What a step has written in a transaction of its own is taken over by an attempt until there is an outcome. */
const removeSteps = `
  WITH gone AS (DELETE FROM backstitch.steps WHERE run = $1 AND op = ANY($2::bigint[]) RETURNING op, status),
  transactions AS (
    DELETE FROM backstitch.transactions AS t USING gone AS g WHERE t.run = $1 AND t.op = g.op AND g.status <> 'retrying')
  INSERT INTO backstitch.removed_steps AS p (run, op) VALUES ($1, $3)
  ON CONFLICT (run) DO UPDATE SET op = greatest(p.op, excluded.op)`;

const isHeld = (event: string) => `(
  EXISTS (SELECT FROM backstitch.runs AS r WHERE r.app = ${event}.app AND r.event_id = ${event}.id)
  OR EXISTS (
    SELECT FROM backstitch.joined AS j JOIN backstitch.runs AS r ON r.n = j.run
    WHERE j.event_id = ${event}.id AND r.app = ${event}.app))`;

/** Events that no run has any more. */
const pruneEvents = `
  WITH gone AS (
    DELETE FROM backstitch.events AS e WHERE e.app = $1 AND e.id = ANY($2::text[])
      AND NOT EXISTS (SELECT FROM backstitch.outbox AS o WHERE o.app = e.app AND o.received_at = e.received_at AND o.n = e.n)
      AND NOT ${isHeld("e")}
    RETURNING e.id),
  strays AS (DELETE FROM backstitch.strays AS s USING gone WHERE s.app = $1 AND s.id = gone.id)
  SELECT id FROM gone`;

/** Events that no run has: those that nobody took, that did not fit, or that waits or limits took. */
const oldUnheld = `
  SELECT f.id FROM unnest('{unwanted,unfit,spent}'::text[]) AS g (fate) CROSS JOIN LATERAL (
    SELECT s.id FROM backstitch.strays AS s
    WHERE s.app = $1 AND s.fate = g.fate AND s.received_at < $2 AND NOT ${isHeld("s")}
    ORDER BY s.received_at LIMIT $3) AS f`;
