/** Events, from when they are stored until they are routed into runs. */
import type { StoredEvent, UnfitEvent } from "../../store.ts";
import { type EventRow, eventColumns, toEvent } from "../rows.ts";
import { awayBy } from "./away.ts";
import type { Connection } from "./connection.ts";

export function putEvents(db: Connection, events: readonly StoredEvent[]): void {
  db.transaction(() => insertEvents(db, events));
}

/** Within a transaction. */
export function insertEvents(db: Connection, events: readonly StoredEvent[]): void {
  for (const { id, app, name, data, receivedAt, target, parent } of events) {
    db.run(
      `INSERT INTO events (id, app, name, data, received_at, target, parent_run, parent_op)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (app, id) DO NOTHING`,
      ...[id, app, name, data, receivedAt],
      ...[target ?? null, parent?.run ?? null, parent?.op ?? null],
    );
  }
}

/** What is known of the event already stays, but for that no run has it. */
export function noteUnfit(db: Connection, app: string, { event, problem }: UnfitEvent): void {
  db.run(
    "UPDATE events SET fate = 'unfit', problem = ? WHERE app = ? AND id = ? AND coalesce(fate, 'spent') = 'spent'",
    problem,
    app,
    event,
  );
}

export function unroutedEvents(db: Connection, app: string, limit: number): StoredEvent[] {
  if (awayBy(db, app) !== undefined) return [];
  return db
    .all<EventRow>(
      `SELECT ${eventColumns} FROM events AS e
       WHERE e.routed = 0 AND e.app = ? ORDER BY e.received_at, e.n LIMIT ?`,
      app,
      limit,
    )
    .map(toEvent);
}

/** The events that joined a run, in their order. */
export function joinedEvents(db: Connection, run: number, app: string): StoredEvent[] {
  return db
    .all<EventRow>(
      `SELECT ${eventColumns} FROM joined AS j CROSS JOIN events AS e ON e.app = ? AND e.id = j.event_id
       WHERE j.run = ? ORDER BY j.n`,
      app,
      run,
    )
    .map(toEvent);
}
