/** Steps as they are read. */
import type { StepPage, StoredStep } from "../../store.ts";
import { opsCounted } from "../ops-counted.ts";
import { type StepRow, toStep } from "../rows.ts";
import type { Connection } from "./connection.ts";

type RecordRow = Omit<StepRow, "index">;

/**
 * A page ends with the last attempt of an op, because the cursor is an op. The index of a step is counted when it is read:
 * writing a step is one row of one table, and ops that end in another order than they began move nothing.
 */
export function listSteps(
  db: Connection,
  run: string,
  { after = 0, limit = -1, counted }: StepPage = {},
): StoredStep[] {
  const n = db.first<{ n: number }>("SELECT n FROM runs WHERE id = ?", run)?.n;
  if (n === undefined) return [];
  const rows = db.all<RecordRow>(
    `SELECT op, attempt, id, kind, status, input, output, error, rollback, started_at AS "startedAt", ended_at AS "endedAt"
     FROM steps WHERE run = ? AND op > ? AND op <= coalesce(
       (SELECT max(op) FROM (SELECT DISTINCT op FROM steps WHERE run = ? AND op > ? ORDER BY op LIMIT ?)), 0)
     ORDER BY op, attempt`,
    ...[n, after, n, after, limit],
  );
  if (rows.length === 0) return [];
  const indexOf = opsCounted(counted ?? (after === 0 ? [] : countedBefore(db, n, after)));
  return rows.map((row) => ({ ...toStep(row), index: indexOf(row) }));
}

/** How many ops up to one have each id. */
function countedBefore(db: Connection, run: number, last: number): (readonly [id: string, count: number])[] {
  const sql = "SELECT id, count(DISTINCT op) AS count FROM steps WHERE run = ? AND op <= ? GROUP BY id";
  return db.all<{ id: string; count: number }>(sql, run, last).map(({ id, count }) => [id, count]);
}
