/** Steps as they are read. */
import type { StepPage, StoredStep } from "../../store.ts";
import { opsCounted } from "../ops-counted.ts";
import { type StepRow, toStep } from "../rows.ts";
import type { Session } from "./database.ts";

/**
 * A page ends with the last attempt of an op, because the cursor is an op. The index of a step is counted when it is read:
 * writing a step is one row of one index, and ops that end in another order than they began move nothing.
 */
export async function listSteps(
  db: Session,
  run: string,
  { after = 0, limit, counted }: StepPage = {},
): Promise<StoredStep[]> {
  const rows = await db.all<Omit<StepRow, "index">>(
    `WITH named AS (SELECT n FROM backstitch.runs WHERE id = $1),
     page AS (
       SELECT max(op) AS last FROM (
         SELECT DISTINCT s.op FROM backstitch.steps AS s WHERE s.run = (SELECT n FROM named) AND s.op > $2
         ORDER BY s.op LIMIT $3) AS ops)
     SELECT s.op, s.attempt, s.id, s.kind, s.status, s.input, s.output, s.error, s.rollback,
       s.started_at AS "startedAt", s.ended_at AS "endedAt"
     FROM backstitch.steps AS s
     WHERE s.run = (SELECT n FROM named) AND s.op > $2 AND s.op <= (SELECT last FROM page) ORDER BY s.op, s.attempt`,
    run,
    after,
    limit ?? null,
  );
  if (rows.length === 0) return [];
  const indexOf = opsCounted(counted ?? (after === 0 ? [] : await countedBefore(db, run, after)));
  return rows.map((row) => ({ ...toStep(row), index: indexOf(row) }));
}

/** How many ops up to one have each id. */
async function countedBefore(
  db: Session,
  run: string,
  last: number,
): Promise<(readonly [id: string, count: number])[]> {
  const rows = await db.all<{ id: string; count: number }>(
    `SELECT s.id, count(DISTINCT s.op) AS count FROM backstitch.steps AS s
     WHERE s.run = (SELECT n FROM backstitch.runs WHERE id = $1) AND s.op <= $2 GROUP BY s.id`,
    run,
    last,
  );
  return rows.map(({ id, count }) => [id, count]);
}
