/** Steps as they are read. */
import type { StepRecord, StoredStep } from "../../store.ts";
import type { Connection } from "./connection.ts";

/** Columns of a record as they come. */
export type StepRow = {
  [K in keyof Omit<StoredStep, "rollback">]-?: undefined extends StoredStep[K] ? string | null : StoredStep[K];
} & { readonly rollback: number };

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

/** What says nothing is left out. */
export function toStep<Row extends Omit<StepRow, "index">>({
  input,
  output,
  error,
  rollback,
  ...step
}: Row): Omit<Row, "input" | "output" | "error" | "rollback"> & StepRecord {
  return {
    ...step,
    ...(input !== null && { input }),
    ...(output !== null && { output }),
    ...(error !== null && { error }),
    ...(rollback === 1 && { rollback: true }),
  };
}
