/** What is shown to people. Read only. */
import type { ParkedPage, ParkedRun, RunQuery, RunView, StoredStep } from "../../store.ts";
import type { Connection } from "./connection.ts";
import type { Value } from "./driver.ts";
import { type EventRow, eventColumns, toEvent } from "./events.ts";

// CROSS JOIN fixes the order of the loops: the runs decide the order of the rows, each run finds its event by key.
const runs = `
  SELECT r.id, r.app, r.function_id AS "functionId", r.status, r.label, r.wake_at AS "wakeAt", r.output, r.error,
    r.created_at AS "createdAt", r.updated_at AS "updatedAt", r.ended_at AS "endedAt",
    ${eventColumns("e")}
  FROM runs AS r CROSS JOIN events AS e ON e.app = r.app AND e.id = r.event_id`;

type RunRow = Omit<RunView, "event" | "parent"> & EventRow;

export function getRun(db: Connection, run: string): RunView | undefined {
  return db.all<RunRow>(`${runs} WHERE r.id = ?`, run).map(toView)[0];
}

/** Every combination of filters has an index that ends with the id, so that a page costs its own length. */
export function listRuns(db: Connection, { app, functionId, status, before, limit }: RunQuery): RunView[] {
  const conditions = ["r.app = ?"];
  const params: Value[] = [app];
  const narrow = (condition: string, value: string | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    params.push(value);
  };
  narrow("r.function_id = ?", functionId);
  narrow("r.status = ?", status);
  narrow("r.id < ?", before);
  const sql = `${runs} WHERE ${conditions.join(" AND ")} ORDER BY r.id DESC LIMIT ?`;
  return db.all<RunRow>(sql, ...params, limit).map(toView);
}

export function listParked(db: Connection, { after = "", limit }: ParkedPage): ParkedRun[] {
  return db.all<ParkedRun>(
    `SELECT id, app, function_id AS "functionId", status, label, error, frame FROM runs
     WHERE id > ? AND ended_at IS NULL ORDER BY id LIMIT ?`,
    after,
    limit,
  );
}

type StepRow = {
  [K in keyof StoredStep]-?: undefined extends StoredStep[K] ? string | null : StoredStep[K];
};

const steps = `
  SELECT s.op, s.attempt, s.id, s.nth AS "index", s.kind, s.status, s.input, s.output, s.error,
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

/** The run has the parent that its event has. */
function toView(row: RunRow): RunView {
  const { id, app, functionId, status, label, wakeAt, output, error, createdAt, updatedAt, endedAt } = row;
  const event = toEvent(row);
  const view = { id, app, functionId, status, label, event, wakeAt, output, error, createdAt, updatedAt, endedAt };
  return event.parent ? { ...view, parent: event.parent } : view;
}

function toStep({ input, output, error, ...step }: StepRow): StoredStep {
  return {
    ...step,
    ...(input !== null && { input }),
    ...(output !== null && { output }),
    ...(error !== null && { error }),
  };
}
