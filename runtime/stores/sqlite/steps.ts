/** Steps as they are read. */
import type { StoredStep } from "../../store.ts";
import { type StepRow, toStep } from "../rows.ts";
import type { Connection } from "./connection.ts";

const steps = `
  SELECT s.op, s.attempt, s.id, s.nth AS "index", s.kind, s.status, s.input, s.output, s.error, s.rollback,
    s.started_at AS "startedAt", s.ended_at AS "endedAt"
  FROM runs AS r CROSS JOIN steps AS s ON s.run = r.n
  WHERE r.id = ? AND s.op > ?`;
const inOrder = "ORDER BY s.op, s.attempt";

/** A page ends with the last attempt of an op, because the cursor is an op. */
export function listSteps(
  db: Connection,
  run: string,
  page?: { readonly after?: number; readonly limit?: number },
): StoredStep[] {
  const after = page?.after ?? 0;
  if (page?.limit === undefined) return db.all<StepRow>(`${steps} ${inOrder}`, run, after).map(toStep);
  const lastOp = db.all<{ op: number | null }>(
    `SELECT max(op) AS op FROM (
       SELECT DISTINCT s.op FROM runs AS r CROSS JOIN steps AS s ON s.run = r.n
       WHERE r.id = ? AND s.op > ? ORDER BY s.op LIMIT ?)`,
    run,
    after,
    page.limit,
  )[0]?.op;
  if (typeof lastOp !== "number") return [];
  return db.all<StepRow>(`${steps} AND s.op <= ? ${inOrder}`, run, after, lastOp).map(toStep);
}
