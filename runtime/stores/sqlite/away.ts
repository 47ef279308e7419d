/** Whether an app is away: it leaves for another store, or has left. */
import { isAway, isProjected, projectionMove } from "../moved-rows.ts";
import type { Connection } from "./connection.ts";

/** The move by which the app leaves, or has left; undefined while it is here. */
export function awayBy(db: Connection, app: string): string | undefined {
  return db.first<{ id: string }>("SELECT id FROM moves WHERE app = ? AND way = 'out' LIMIT 1", app)?.id;
}

/** @throws StoreError when the app leaves, or has left. In the transaction of what is refused then */
export function refuseAway(db: Connection, app: string, operation: string): void {
  const move = awayBy(db, app);
  if (move !== undefined) throw isAway(app, move, { location: db.file, operation });
}

/** As `refuseAway`, once nobody holds a run any more: those who do may still change what decides on them. */
export function refuseGone(db: Connection, app: string, operation: string): void {
  if (departureOf(db, app)?.state !== "begun") refuseAway(db, app, operation);
}

/** @throws StoreError when an engine executes the runs of the app */
export function refuseProjected(db: Connection, app: string, operation: string): void {
  if (isProjection(db, app)) throw isProjected(app, { location: db.file, operation });
}

export function isProjection(db: Connection, app: string): boolean {
  return db.first("SELECT 1 FROM moves WHERE id = ? AND way = 'out'", projectionMove(app)) !== undefined;
}

/** The move by which the app comes, while it is not over. */
export function arrivingBy(db: Connection, app: string): string | undefined {
  const sql = "SELECT id FROM moves WHERE app = ? AND way = 'into' AND state = 'begun'";
  return db.first<{ id: string }>(sql, app)?.id;
}

/** The move away that is not over. */
export function departureOf(db: Connection, app: string): { id: string; state: "begun" | "frozen" } | undefined {
  const sql = "SELECT id, state FROM moves WHERE app = ? AND way = 'out' AND state <> 'over'";
  return db.first<{ id: string; state: "begun" | "frozen" }>(sql, app);
}
