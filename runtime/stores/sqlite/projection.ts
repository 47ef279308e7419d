/** Runs that an engine executes, among those of this file: nobody claims them, because their app is away. */
import type { ProjectedRun } from "../../store.ts";
import { hasRunsOfItsOwn, projectionMove } from "../moved-rows.ts";
import { isProjection } from "./away.ts";
import type { Connection } from "./connection.ts";

/** It does not wait for the disk: what a crash undoes is put again. */
export function putProjected(
  db: Connection,
  app: string,
  runs: readonly ProjectedRun[],
  asOf: number | undefined,
): void {
  db.relaxed(() => {
    if (!isProjection(db, app) && hasOwn(db, app)) throw hasRunsOfItsOwn(app, db.file);
    db.run(
      `INSERT INTO moves (id, app, way, state, begun_at) VALUES (?, ?, 'out', 'over', ?)
       ON CONFLICT (id, way) DO UPDATE SET begun_at = max(begun_at, excluded.begun_at)`,
      projectionMove(app),
      app,
      asOf ?? 0,
    );
    for (const run of runs) putRun(db, app, run);
  });
}

function hasOwn(db: Connection, app: string): boolean {
  return ["runs", "events"].some(
    (table) => db.first(`SELECT 1 FROM ${table} WHERE app = ? LIMIT 1`, app) !== undefined,
  );
}

function putRun(db: Connection, app: string, run: ProjectedRun): void {
  const { id, functionId, event, status, label, wakeAt, output, error, createdAt, updatedAt, endedAt } = run;
  const { parent, origin, revision } = run;
  db.run(
    `INSERT INTO events (id, app, name, data, received_at, target, parent_run, parent_op, routed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (app, id) DO NOTHING`,
    ...[event.id, app, event.name, event.data, event.receivedAt, event.target ?? null],
    ...[event.parent?.run ?? null, event.parent?.op ?? null],
  );
  db.run(
    `INSERT INTO runs (id, app, function_id, event_id, status, epoch, seq, wake_at, created_at, updated_at, ended_at,
       parent_run, parent_op, origin_run, origin_op, label, plan, output, error)
     VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET event_id = excluded.event_id, status = excluded.status, seq = excluded.seq,
       wake_at = excluded.wake_at, updated_at = excluded.updated_at, ended_at = excluded.ended_at, label = excluded.label,
       output = excluded.output, error = excluded.error
     WHERE excluded.seq > runs.seq AND runs.app = excluded.app`,
    ...[id, app, functionId, event.id, status, revision, wakeAt, createdAt, updatedAt, endedAt],
    ...[parent?.run ?? null, parent?.op ?? null, origin?.run ?? null, origin?.op ?? null, label],
    ...[origin?.plan ?? null, output, error],
  );
}

export function projectedAsOf(db: Connection, app: string): number | undefined {
  const sql = "SELECT begun_at AS at FROM moves WHERE id = ? AND way = 'out'";
  return db.first<{ at: number }>(sql, projectionMove(app))?.at || undefined;
}
