/** Steps as they are read. */
import type { StoredStep } from "../../store.ts";
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
  { after = 0, limit = -1 }: { readonly after?: number; readonly limit?: number } = {},
): StoredStep[] {
  const n = db.all<{ n: number }>("SELECT n FROM runs WHERE id = ?", run)[0]?.n;
  if (n === undefined) return [];
  const rows = db.all<RecordRow>(
    `SELECT op, attempt, id, kind, status, input, output, error, rollback, started_at AS "startedAt", ended_at AS "endedAt"
     FROM steps WHERE run = ? AND op > ? AND op <= coalesce(
       (SELECT max(op) FROM (SELECT DISTINCT op FROM steps WHERE run = ? AND op > ? ORDER BY op LIMIT ?)), 0)
     ORDER BY op, attempt`,
    ...[n, after, n, after, limit],
  );
  const before = db.all<Pick<StepRow, "op" | "id">>(
    "SELECT op, id FROM steps WHERE run = ? AND op <= ? ORDER BY op",
    ...[n, rows.length > 0 ? after : 0],
  );
  const indexOf = countOps(before);
  return rows.map((row) => ({ ...toStep(row), index: indexOf(row) }));
}

/** Counts the ops of each id, in their order. Gives what to ask for an op: its place among those with its id. */
function countOps(before: readonly Pick<StepRow, "op" | "id">[]): (row: Pick<StepRow, "op" | "id">) => number {
  const last = new Map<string, { readonly op: number; readonly index: number }>();
  const indexOf = ({ op, id }: Pick<StepRow, "op" | "id">) => {
    const known = last.get(id);
    if (known?.op === op) return known.index;
    const index = known === undefined ? 0 : known.index + 1;
    last.set(id, { op, index });
    return index;
  };
  before.forEach(indexOf);
  return indexOf;
}
