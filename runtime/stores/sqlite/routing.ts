/** From events to runs. */
import type { EventKey, Join, Met, NewRun, Routing } from "../../store.ts";
import { type EventRow, fateOf } from "../rows.ts";
import { cannotRoute } from "../store-error.ts";
import { refuseAway } from "./away.ts";
import type { Connection } from "./connection.ts";
import { allHold, putStates } from "./states.ts";
import { addWaits, meet } from "./waits.ts";

/**
 * The fence against two workers that route one event with run ids of their own is the `routed` mark: the first wins. Should
 * a crash of the machine undo it, the event is routed again into runs of the same ids; whatever is done with such a run waits
 * for the disk, and for all that was written before.
 */
export function route(
  db: Connection,
  event: EventKey,
  runs: readonly NewRun[],
  met: readonly Met[],
  { joins = [], states = [], stray, now }: Routing,
): "routed" | "conflict" {
  const { app, id } = event;
  const foreign = runs.find((run) => run.eventId !== id || run.app !== app);
  if (foreign) throw cannotRoute(db.file, event, foreign);
  return db.relaxed(() => {
    refuseAway(db, app, "route");
    const stored = db.first<RoutedEvent>(
      `SELECT routed, received_at AS "receivedAt", parent_run AS "parentRun", parent_op AS "parentOp" FROM events
       WHERE app = ? AND id = ?`,
      app,
      id,
    );
    if (!stored) throw cannotRoute(db.file, event, undefined);
    if (stored.routed) return "routed";
    if (!allHold(db, states) || !joins.every(({ run }) => isWaiting(db, run))) return "conflict";
    db.run(
      "UPDATE events SET routed = 1, fate = ?, problem = ? WHERE app = ? AND id = ?",
      ...[fateOf(stray, runs.length + joins.length), stray?.problem ?? null, app, id],
    );
    for (const run of runs) insertRun(db, run, stored);
    for (const join of joins) joinRun(db, id, join);
    putStates(db, states, now);
    meet(db, met, stored.receivedAt);
    return "routed";
  });
}

/** As `route` of each, in one transaction. */
export function routeMany(db: Connection, app: string, events: readonly Started[]): void {
  const foreign = events.find(({ id, runs }) => runs.some((run) => run.eventId !== id || run.app !== app));
  if (foreign) throw cannotRoute(db.file, { app, id: foreign.id }, foreign.runs[0]);
  db.relaxed(() => {
    refuseAway(db, app, "routeMany");
    for (const { id, runs } of events) {
      const stored = db.first<RoutedEvent>(
        `UPDATE events SET routed = 1 WHERE app = ? AND id = ? AND routed = 0
         RETURNING routed, received_at AS "receivedAt", parent_run AS "parentRun", parent_op AS "parentOp"`,
        app,
        id,
      );
      if (stored) for (const run of runs) insertRun(db, run, stored);
    }
  });
}

interface Started {
  readonly id: string;
  readonly runs: readonly NewRun[];
}

function isWaiting(db: Connection, run: string): boolean {
  return db.first("SELECT 1 FROM runs WHERE id = ? AND epoch = 0 AND status = 'running'", run) !== undefined;
}

function joinRun(db: Connection, eventId: string, { run, keeps, wakeAt }: Join): void {
  if (keeps === "last") {
    db.run(
      `UPDATE events SET fate = 'spent'
       WHERE (app, id) = (SELECT app, event_id FROM runs WHERE id = ?) AND fate IS NULL`,
      run,
    );
    db.run("UPDATE runs SET event_id = ?, wake_at = ? WHERE id = ?", eventId, wakeAt, run);
    return;
  }
  db.run("UPDATE runs SET wake_at = ? WHERE id = ?", wakeAt, run);
  db.run("INSERT INTO joined (run, event_id) SELECT n, ? FROM runs WHERE id = ?", eventId, run);
}

type RoutedEvent = Pick<EventRow, "receivedAt" | "parentRun" | "parentOp"> & { readonly routed: number };

function insertRun(db: Connection, run: NewRun, { receivedAt, parentRun, parentOp }: RoutedEvent): void {
  const { id, app, functionId, eventId, wakeAt, waits = [] } = run;
  const values = [id, app, functionId, eventId, wakeAt, receivedAt, receivedAt, parentRun, parentOp];
  const isNew = db.run(insertion, ...values) > 0;
  if (!isNew || waits.length === 0) return;
  const { n } = db.first<{ n: number }>("SELECT n FROM runs WHERE id = ?", id) as { n: number };
  addWaits(db, { n, id, app }, waits, receivedAt);
}

const insertion = `
  INSERT INTO runs (id, app, function_id, event_id, wake_at, created_at, updated_at, parent_run, parent_op)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`;
