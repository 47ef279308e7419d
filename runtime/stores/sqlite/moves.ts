/** How an app goes to another store, and comes from one. A transaction each, so that a crash leaves one side or the other. */
import type {
  Departure,
  HeldRun,
  Move,
  MovedEvent,
  MovedPage,
  MovedRecord,
  MovedRun,
  MovedRunsPage,
  MovedState,
  Settlement,
} from "../../store.ts";
import {
  isArriving,
  isSettled,
  type MovedEventRow,
  type MovedRunRow,
  type MovedStateRow,
  maySettle,
  movedColumns,
  toMovedEvent,
  toMovedRun,
  toMovedState,
} from "../moved-rows.ts";
import { eventColumns, type StepRow, toStep } from "../rows.ts";
import { isKnownDead } from "../worker-identity.ts";
import { arrivingBy, departureOf, refuseProjected } from "./away.ts";
import type { Connection } from "./connection.ts";
import { mailOf } from "./mail.ts";
import { piecesOf } from "./pieces.ts";
import { giveBackAll } from "./slots.ts";
import { waitsOf } from "./waits.ts";

export function leave(db: Connection, { id, app }: Move, now: number): Departure {
  return db.transaction(() => {
    refuseProjected(db, app, "leave");
    const arriving = arrivingBy(db, app);
    if (arriving !== undefined) throw isArriving(app, arriving, { location: db.file, operation: "leave" });
    const found = departureOf(db, app);
    const departure = { id: found?.id ?? id, app };
    if (found?.state === "frozen") return { ...departure, held: [] };
    if (!found) {
      db.run("INSERT INTO moves (id, app, way, state, begun_at) VALUES (?, ?, 'out', 'begun', ?)", id, app, now);
    }
    const held = heldRuns(db, app, now);
    if (held.length === 0) freeze(db, departure, now);
    return { ...departure, held };
  });
}

function heldRuns(db: Connection, app: string, now: number): HeldRun[] {
  return db
    .all<HeldRun>(
      `SELECT id AS run, lease_owner AS worker, lease_until AS "leaseUntil" FROM runs
       WHERE app = ? AND lease_owner IS NOT NULL AND lease_until >= ?`,
      app,
      now,
    )
    .filter(({ worker }) => !isKnownDead(worker));
}

/** Nobody holds a run: whoever still believes so is fenced. */
function freeze(db: Connection, { id, app }: Move, now: number): void {
  db.run(
    `UPDATE runs SET epoch = epoch + 1, lost_claims = lost_claims + 1, lease_owner = NULL, lease_until = NULL
     WHERE app = ? AND lease_owner IS NOT NULL`,
    app,
  );
  giveBackSlots(db, app, now);
  db.run(
    "INSERT INTO moving_runs (run, move, status) SELECT n, ?, status FROM runs WHERE app = ? AND ended_at IS NULL",
    id,
    app,
  );
  db.run("UPDATE runs SET status = 'moving' WHERE app = ? AND ended_at IS NULL", app);
  db.run("INSERT INTO moving_events (event, move) SELECT n, ? FROM events WHERE app = ? AND routed = 0", id, app);
  db.run("UPDATE events SET routed = 1 WHERE app = ? AND routed = 0", app);
  db.run("UPDATE moves SET state = 'frozen' WHERE id = ? AND way = 'out'", id);
}

/** Their ops ask anew when they are claimed: so they are due, and are not told of slots that they have no more. */
function giveBackSlots(db: Connection, app: string, now: number): void {
  const asking = db.all<{ n: number }>(
    "SELECT DISTINCT s.run AS n FROM slots AS s CROSS JOIN runs AS r ON r.n = s.run WHERE r.app = ?",
    app,
  );
  for (const { n } of asking) giveBackAll(db, n, now);
  for (const { n } of asking) {
    const told = db.run("DELETE FROM mail WHERE run = ? AND kind = 'slot'", n);
    db.run(
      "UPDATE runs SET unread = unread - ?, wake_at = iif(status = 'running', ?, wake_at) WHERE n = ?",
      told,
      now,
      n,
    );
  }
}

interface Page {
  readonly after?: number;
  readonly limit: number;
}

/** Behind a move that was confirmed there are only events that came later. */
export function movedEvents(db: Connection, { id, app }: Move, { after = 0, limit }: Page): MovedPage<MovedEvent> {
  const rows = db.all<MovedEventRow>(
    `SELECT e.n, ${eventColumns}, e.fate, e.problem, q.event IS NOT NULL AS "isQueued"
     FROM events AS e LEFT JOIN moving_events AS q ON q.event = e.n AND q.move = ?
     WHERE e.app = ? AND e.n > ? AND (q.event IS NOT NULL OR (e.routed = 1
       AND NOT EXISTS (SELECT 1 FROM moves WHERE app = ? AND way = 'out' AND state = 'over')))
     ORDER BY e.n LIMIT ?`,
    ...[id, app, after, app, limit],
  );
  refuseSettled(db, { id, app });
  return pageOf(rows, limit, toMovedEvent);
}

export function movedStates(db: Connection, { id, app }: Move, { after = 0, limit }: Page): MovedPage<MovedState> {
  const rows = db.all<MovedStateRow>(
    `SELECT n, function_id AS "functionId", kind, key, value, expires_at AS "expiresAt", run FROM states
     WHERE app = ? AND n > ? ORDER BY n LIMIT ?`,
    app,
    after,
    limit,
  );
  refuseSettled(db, { id, app });
  return pageOf(rows, limit, toMovedState);
}

function pageOf<Row extends { readonly n: number }, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): MovedPage<Item> {
  const last = rows.at(-1);
  return { items: rows.map(toItem), ...(rows.length === limit && last && { next: last.n }) };
}

export function movedRuns(db: Connection, { id, app }: Move, { which, after = "", limit }: MovedRunsPage): MovedRun[] {
  const from = (table: string) => `SELECT ${movedColumns("")} FROM ${table} LEFT JOIN moving_runs AS m ON m.run = r.n`;
  const ended = "r.ended_at IS NOT NULL AND r.status <> 'moved'";
  const [sql, ...params] =
    which === "going"
      ? ([
          `${from("runs AS r INDEXED BY runs_by_status")} WHERE r.app = ? AND r.status = 'moving' AND m.move = ?`,
          app,
          id,
        ] as const)
      : which === "ended"
        ? ([`${from("runs AS r INDEXED BY runs_by_app")} WHERE r.app = ? AND ${ended}`, app] as const)
        : ([
            `${from("runs AS r")} WHERE r.app = ? AND ${ended} AND r.id IN (${which.map(() => "?").join(", ")})`,
            app,
            ...which,
          ] as const);
  return db.transaction(() => {
    refuseSettled(db, { id, app });
    return db
      .all<MovedRunRow>(`${sql} AND r.id > ? ORDER BY r.id LIMIT ?`, ...params, after, limit)
      .map((row) => toMovedRun(row, partsOf(db, row)));
  }, "DEFERRED");
}

/** Behind what was read: until then nobody has changed it. */
function refuseSettled(db: Connection, move: Move): void {
  const departure = departureOf(db, move.app);
  if (departure?.id !== move.id || departure.state !== "frozen") throw isSettled(move, db.file);
}

function partsOf(db: Connection, { n, hasPieces }: MovedRunRow) {
  return {
    joined: db.all<{ id: string }>("SELECT event_id AS id FROM joined WHERE run = ? ORDER BY n", n).map(({ id }) => id),
    pieces: hasPieces ? piecesOf(db, n) : [],
    mail: mailOf(db, n),
    waits: waitsOf(db, n),
  };
}

export function movedRecords(
  db: Connection,
  run: string,
  { after, limit }: { readonly after?: { readonly op: number; readonly attempt: number }; readonly limit: number },
): MovedRecord[] {
  return db
    .all<Omit<StepRow, "index"> & { readonly seq: number }>(
      `SELECT s.op, s.attempt, s.id, s.kind, s.status, s.input, s.output, s.error, s.rollback, s.seq,
         s.started_at AS "startedAt", s.ended_at AS "endedAt"
       FROM runs AS r CROSS JOIN steps AS s ON s.run = r.n
       WHERE r.id = ? AND (s.op, s.attempt) > (?, ?) ORDER BY s.op, s.attempt LIMIT ?`,
      ...[run, after?.op ?? 0, after?.attempt ?? 0, limit],
    )
    .map((row) => toStep(row) as MovedRecord);
}

export function settle(db: Connection, { id, app }: Move, how: Settlement, now: number): boolean {
  return db.transaction(() => {
    const departure = departureOf(db, app);
    if (departure?.id !== id || !maySettle(departure.state, how)) return false;
    if (how === "confirm") confirm(db, { id, app }, now);
    else {
      letGo(db, { id, app }, now);
      db.run("DELETE FROM moves WHERE id = ? AND way = 'out'", id);
    }
    return true;
  });
}

/** What hangs on the runs goes; what was recorded of them stays for whoever looks. */
function confirm(db: Connection, { id, app }: Move, now: number): void {
  const mine = "(SELECT run FROM moving_runs WHERE move = ?)";
  for (const table of ["mail", "waits", "pieces"]) db.run(`DELETE FROM ${table} WHERE run IN ${mine}`, id);
  db.run(
    `UPDATE runs SET status = 'moved', frame = NULL, wake_at = NULL, unread = 0, updated_at = ?, ended_at = ? WHERE n IN ${mine}`,
    now,
    now,
    id,
  );
  db.run("DELETE FROM events WHERE n IN (SELECT event FROM moving_events WHERE move = ?)", id);
  db.run("DELETE FROM states WHERE app = ?", app);
  forget(db, id);
  db.run("UPDATE moves SET state = 'over' WHERE id = ? AND way = 'out'", id);
}

/** Its runs go on, and its events are to be routed. */
export function letGo(db: Connection, { id }: Move, now: number): void {
  db.run(
    `UPDATE runs SET status = m.status, wake_at = iif(m.status = 'running' AND runs.unread > 0, min(coalesce(runs.wake_at, ?1), ?1), runs.wake_at)
     FROM moving_runs AS m WHERE m.run = runs.n AND m.move = ?2`,
    now,
    id,
  );
  db.run("UPDATE events SET routed = 0 WHERE n IN (SELECT event FROM moving_events WHERE move = ?)", id);
  forget(db, id);
}

/** Nothing of it is held up any more. */
export function forget(db: Connection, move: string): void {
  db.run("DELETE FROM moving_runs WHERE move = ?", move);
  db.run("DELETE FROM moving_events WHERE move = ?", move);
}
