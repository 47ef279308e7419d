/** Events: stored, then routed into runs. */
import type { EventKey, NewRun, StoredEvent } from "../../store.ts";
import { cannotRoute } from "../store-error.ts";
import type { Connection } from "./connection.ts";

export function putEvents(db: Connection, events: readonly StoredEvent[]): void {
  db.transaction(() => {
    for (const { id, app, name, data, receivedAt } of events) {
      db.run(
        "INSERT INTO events (id, app, name, data, received_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (app, id) DO NOTHING",
        id,
        app,
        name,
        data,
        receivedAt,
      );
    }
  });
}

export function unroutedEvents(db: Connection, app: string, limit: number): StoredEvent[] {
  return db.all<StoredEvent>(
    `SELECT id, app, name, data, received_at AS "receivedAt" FROM events
     WHERE routed = 0 AND app = ? ORDER BY received_at, id LIMIT ?`,
    app,
    limit,
  );
}

/** The fence against two workers that route one event with run ids of their own is the `routed` mark: the first wins. */
export function route(db: Connection, event: EventKey, runs: readonly NewRun[]): void {
  const { app, id } = event;
  const foreign = runs.find((run) => run.eventId !== id || run.app !== app);
  if (foreign) throw cannotRoute(db.file, event, foreign);
  db.transaction(() => {
    const stored = db.all<{ routed: number; receivedAt: number }>(
      `SELECT routed, received_at AS "receivedAt" FROM events WHERE app = ? AND id = ?`,
      app,
      id,
    )[0];
    if (!stored) throw cannotRoute(db.file, event, undefined);
    if (stored.routed) return;
    db.run("UPDATE events SET routed = 1 WHERE app = ? AND id = ?", app, id);
    for (const run of runs) insertRun(db, run, stored.receivedAt);
  });
}

function insertRun(db: Connection, run: NewRun, createdAt: number): void {
  db.run(
    `INSERT INTO runs (id, app, function_id, event_id, wake_at, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    run.id,
    run.app,
    run.functionId,
    run.eventId,
    run.wakeAt,
    createdAt,
    createdAt,
  );
}
