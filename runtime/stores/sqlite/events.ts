/** Events: stored, then routed into runs. */
import type { EventKey, Met, NewRun, StoredEvent } from "../../store.ts";
import { cannotRoute } from "../store-error.ts";
import type { Connection } from "./connection.ts";
import { addWaits, meet } from "./waits.ts";

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

/** The columns of an event, of the table that is called `alias`, as `toEvent` takes them. */
export const eventColumns = (alias: string) =>
  `${alias}.id AS "eventId", ${alias}.app AS "eventApp", ${alias}.name, ${alias}.data,
   ${alias}.received_at AS "receivedAt", ${alias}.target, ${alias}.parent_run AS "parentRun",
   ${alias}.parent_op AS "parentOp"`;

export interface EventRow {
  readonly eventId: string;
  readonly eventApp: string;
  readonly name: string;
  readonly data: string;
  readonly receivedAt: number;
  readonly target: string | null;
  readonly parentRun: string | null;
  readonly parentOp: number | null;
}

export function toEvent(row: EventRow): StoredEvent {
  const { eventId, eventApp, name, data, receivedAt, target, parentRun, parentOp } = row;
  return {
    id: eventId,
    app: eventApp,
    name,
    data,
    receivedAt,
    ...(target !== null && { target }),
    ...(parentRun !== null && { parent: { run: parentRun, op: parentOp ?? 0 } }),
  };
}

export function unroutedEvents(db: Connection, app: string, limit: number): StoredEvent[] {
  return db
    .all<EventRow>(
      `SELECT ${eventColumns("e")} FROM events AS e
       WHERE e.routed = 0 AND e.app = ? ORDER BY e.received_at, e.id LIMIT ?`,
      app,
      limit,
    )
    .map(toEvent);
}

/** The fence against two workers that route one event with run ids of their own is the `routed` mark: the first wins. */
export function route(db: Connection, event: EventKey, runs: readonly NewRun[], met: readonly Met[]): void {
  const { app, id } = event;
  const foreign = runs.find((run) => run.eventId !== id || run.app !== app);
  if (foreign) throw cannotRoute(db.file, event, foreign);
  db.transaction(() => {
    const stored = db.all<RoutedEvent>(
      `SELECT routed, received_at AS "receivedAt", parent_run AS "parentRun", parent_op AS "parentOp" FROM events
       WHERE app = ? AND id = ?`,
      app,
      id,
    )[0];
    if (!stored) throw cannotRoute(db.file, event, undefined);
    if (stored.routed) return;
    db.run("UPDATE events SET routed = 1 WHERE app = ? AND id = ?", app, id);
    for (const run of runs) insertRun(db, run, stored);
    meet(db, met, stored.receivedAt);
  });
}

type RoutedEvent = Pick<EventRow, "receivedAt" | "parentRun" | "parentOp"> & { readonly routed: number };

function insertRun(db: Connection, run: NewRun, { receivedAt, parentRun, parentOp }: RoutedEvent): void {
  const { id, app, functionId, eventId, wakeAt, waits = [] } = run;
  const row = db.all<{ n: number }>(
    `INSERT INTO runs (id, app, function_id, event_id, wake_at, created_at, updated_at, parent_run, parent_op)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING n`,
    ...[id, app, functionId, eventId, wakeAt, receivedAt, receivedAt, parentRun, parentOp],
  )[0];
  if (row) addWaits(db, { n: row.n, id, app }, waits, receivedAt);
}
