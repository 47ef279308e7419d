/** Steps as they are read. */
import type { StoredStep } from "../../store.ts";
import { type StepRow, toStep } from "../rows.ts";
import type { Session } from "./database.ts";

/**
 * A page ends with the last attempt of an op, because the cursor is an op. The index of a step is counted when it is read:
 * writing a step is one row of one index, and ops that end in another order than they began move nothing.
 */
export async function listSteps(
  db: Session,
  run: string,
  page: { readonly after?: number; readonly limit?: number } = {},
): Promise<StoredStep[]> {
  const rows = await db.all<StepRow>(
    `WITH named AS (SELECT n FROM backstitch.runs WHERE id = $1),
     page AS (
       SELECT max(op) AS last FROM (
         SELECT DISTINCT s.op FROM backstitch.steps AS s WHERE s.run = (SELECT n FROM named) AND s.op > $2
         ORDER BY s.op LIMIT $3) AS ops),
     counted AS (
       SELECT s.op, s.attempt, dense_rank() OVER (PARTITION BY s.id ORDER BY s.op) - 1 AS nth FROM backstitch.steps AS s
       WHERE s.run = (SELECT n FROM named) AND s.op <= (SELECT last FROM page))
     SELECT s.op, s.attempt, s.id, c.nth AS "index", s.kind, s.status, s.input, s.output, s.error, s.rollback,
       s.started_at AS "startedAt", s.ended_at AS "endedAt"
     FROM counted AS c JOIN backstitch.steps AS s ON s.op = c.op AND s.attempt = c.attempt
     WHERE s.run = (SELECT n FROM named) AND c.op > $2 ORDER BY s.op, s.attempt`,
    run,
    page.after ?? 0,
    page.limit ?? null,
  );
  return rows.map(toStep);
}
