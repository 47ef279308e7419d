/** What comes with a move from another store. Nobody claims a run of it before all have come. */
import type { Move, MovedEvent, MovedItem, MovedRecords, MovedRun, MovedState } from "../../store.ts";
import {
  holdsNoTransactions,
  isArriving,
  isDoubled,
  isLeaving,
  isNotWhole,
  isShort,
  isShortened,
  isThere,
  lacksEvents,
  statusOnArrival,
} from "../moved-rows.ts";
import { arrivingBy, departureOf, refuseProjected } from "./away.ts";
import { putStep } from "./commits.ts";
import type { Connection } from "./connection.ts";
import { putMail } from "./mail.ts";
import { forget, letGo } from "./moves.ts";
import { putPieces } from "./pieces.ts";
import { addWaits } from "./waits.ts";

export function arrival(db: Connection, { id }: Move): "none" | "begun" | "over" {
  const row = db.first<{ state: "begun" | "over" }>("SELECT state FROM moves WHERE id = ? AND way = 'into'", id);
  return row?.state ?? "none";
}

export function arrive(db: Connection, move: Move, items: readonly MovedItem[], now: number): void {
  db.transaction(() => {
    const state = arrival(db, move);
    if (state === "over") return;
    const { id, app } = move;
    refuseProjected(db, app, "arrive");
    const departure = departureOf(db, app);
    if (departure) throw isLeaving(app, departure.id, db.file);
    if (state === "none") {
      const other = arrivingBy(db, app);
      if (other !== undefined) throw isArriving(app, other, { location: db.file, operation: "arrive" });
      db.run("INSERT INTO moves (id, app, way, state, begun_at) VALUES (?, ?, 'into', 'begun', ?)", id, app, now);
    }
    for (const item of items) {
      if ("event" in item) putEvent(db, move, item.event);
      else if ("run" in item) putRun(db, move, item.run, now);
      else if ("steps" in item) putRecords(db, move, item.steps);
      else putState(db, move, item.state);
    }
  });
}

export function drop(db: Connection, move: Move): boolean {
  return db.transaction(() => {
    if (arrival(db, move) !== "begun") return false;
    const mine = "(SELECT run FROM moving_runs WHERE move = ?)";
    for (const table of ["mail", "waits", "pieces", "steps", "removed_steps", "joined"]) {
      db.run(`DELETE FROM ${table} WHERE run IN ${mine}`, move.id);
    }
    db.run(`DELETE FROM states WHERE run IN (SELECT id FROM runs WHERE n IN ${mine})`, move.id);
    db.run(`DELETE FROM runs WHERE n IN ${mine}`, move.id);
    db.run("DELETE FROM events WHERE n IN (SELECT event FROM moving_events WHERE move = ?)", move.id);
    forget(db, move.id);
    db.run("DELETE FROM moves WHERE id = ? AND way = 'into'", move.id);
    return true;
  });
}

export function release(db: Connection, move: Move, runs: number, now: number): void {
  db.transaction(() => {
    const state = arrival(db, move);
    if (state === "over") return;
    const came = db.first<{ count: number }>("SELECT count(*) AS count FROM moving_runs WHERE move = ?", move.id);
    if (state === "none" || came?.count !== runs) throw isNotWhole(move, db.file);
    letGo(db, move, now);
    // Whatever left this file before has come back, or goes on where it is: the app is here again.
    db.run("DELETE FROM moves WHERE app = ? AND way = 'out'", move.app);
    db.run("UPDATE moves SET state = 'over' WHERE id = ? AND way = 'into'", move.id);
  });
}

/** An id that was taken stays taken. One that no run has is `spent`, so that its age decides when it is removed. */
function putEvent(db: Connection, { id: move, app }: Move, event: MovedEvent): void {
  const { id, name, data, receivedAt, target, parent, fate, problem } = event;
  const kept = fate === "queued" ? null : fate === "taken" ? "spent" : fate;
  const row = db.first<{ n: number }>(
    `INSERT INTO events (id, app, name, data, received_at, target, parent_run, parent_op, routed, fate, problem)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT (app, id) DO NOTHING RETURNING n`,
    ...[id, app, name, data, receivedAt, target ?? null, parent?.run ?? null, parent?.op ?? null],
    ...[kept, problem ?? null],
  );
  // It was sent to both: what it starts has been started, by the one that comes.
  if (!row && fate !== "queued")
    db.run(
      `UPDATE events SET routed = 1, fate = 'spent', name = ?, data = ?, received_at = ?, target = ?, parent_run = ?,
         parent_op = ? WHERE app = ? AND id = ? AND routed = 0`,
      ...[name, data, receivedAt, target ?? null, parent?.run ?? null, parent?.op ?? null, app, id],
    );
  if (row && fate === "queued") db.run("INSERT INTO moving_events (event, move) VALUES (?, ?)", row.n, move);
}

interface ThereRow {
  readonly n: number;
  readonly status: string;
  readonly move: string | null;
}

function putRun(db: Connection, { id: move, app }: Move, run: MovedRun, now: number): void {
  const there = db.first<ThereRow>(
    "SELECT r.n, r.status, m.move FROM runs AS r LEFT JOIN moving_runs AS m ON m.run = r.n WHERE r.id = ?",
    run.id,
  );
  if (there?.status === "moved") removeRun(db, there.n);
  else if (there?.move === move || (there && run.endedAt !== null)) return;
  else if (there) throw isThere(run, db.file);
  const twin = twinOf(db, move, app, run);
  if (twin !== undefined) throw isDoubled(run, twin, db.file);
  if (run.transactions?.length) throw holdsNoTransactions(run, db.file);
  if (run.endedAt === null && !hasEvents(db, app, run)) throw lacksEvents(run, db.file);
  const n = insertRun(db, app, run);
  if (run.endedAt === null) {
    db.run("INSERT INTO moving_runs (run, move, status) VALUES (?, ?, ?)", n, move, run.status);
  }
  for (const event of run.joined) db.run("INSERT INTO joined (run, event_id) VALUES (?, ?)", n, event);
  putPieces(db, n, run);
  for (const mail of run.mail) putMail(db, n, mail);
  addWaits(db, { n, id: run.id, app }, run.waits, now);
}

/** Nobody could claim a run without them. */
function hasEvents(db: Connection, app: string, { eventId, joined }: MovedRun): boolean {
  const sql = "SELECT 1 FROM events WHERE app = ? AND id = ?";
  return [eventId, ...joined].every((id) => db.first(sql, app, id) !== undefined);
}

/** A run that the same event has started here of the same function. */
function twinOf(db: Connection, move: string, app: string, { eventId, functionId, origin, endedAt }: MovedRun) {
  if (origin || endedAt !== null) return undefined;
  return db.first<{ id: string }>(
    `SELECT r.id FROM runs AS r LEFT JOIN moving_runs AS m ON m.run = r.n
     WHERE r.app = ? AND r.event_id = ? AND r.function_id = ? AND r.origin_run IS NULL AND r.status <> 'moved'
       AND (m.move IS NULL OR m.move <> ?) LIMIT 1`,
    ...[app, eventId, functionId, move],
  )?.id;
}

/** It has left this file before. */
function removeRun(db: Connection, n: number): void {
  for (const table of ["steps", "removed_steps", "joined"]) db.run(`DELETE FROM ${table} WHERE run = ?`, n);
  db.run("DELETE FROM runs WHERE n = ?", n);
}

function insertRun(db: Connection, app: string, run: MovedRun): number {
  const { id, functionId, eventId, epoch, seq, lostClaims, label, wakeAt, frame, pieces, output, error } = run;
  const { createdAt, updatedAt, endedAt, parent, origin, mailed, mail, stepsRemoved } = run;
  const { n } = db.first<{ n: number }>(
    `INSERT INTO runs (id, app, function_id, event_id, status, epoch, seq, lost_claims, mailed, unread, wake_at, created_at,
       updated_at, ended_at, parent_run, parent_op, origin_run, origin_op, label, plan, output, error, frame, has_pieces)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING n`,
    ...[id, app, functionId, eventId, statusOnArrival(run), epoch, seq, lostClaims, mailed, mail.length, wakeAt],
    ...[createdAt, updatedAt, endedAt, parent?.run ?? null, parent?.op ?? null, origin?.run ?? null],
    ...[origin?.op ?? null, label, origin?.plan ?? null, output, error, frame, pieces.length > 0 ? 1 : 0],
  ) as { n: number };
  if (stepsRemoved !== undefined) db.run("INSERT INTO removed_steps (run, op) VALUES (?, ?)", n, stepsRemoved);
  return n;
}

/** Each is written as it was: again changes nothing. A run that goes on here has records of its own. */
function putRecords(db: Connection, { id: move }: Move, { run, records }: MovedRecords): void {
  const n = db.first<{ n: number }>(
    `SELECT r.n FROM runs AS r LEFT JOIN moving_runs AS m ON m.run = r.n
     WHERE r.id = ? AND (r.ended_at IS NOT NULL OR m.move = ?)`,
    run,
    move,
  )?.n;
  if (n === undefined) return;
  for (const record of records) putStep(db, { n, seq: record.seq }, record);
}

/** One that is there was decided upon here. */
function putState(db: Connection, { app }: Move, state: MovedState): void {
  if (isShortened(state)) throw isShort(state, db.file);
  const { functionId, kind, key, value, expiresAt, run } = state;
  db.run(
    `INSERT INTO states (app, function_id, kind, key, value, expires_at, run) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (app, function_id, kind, key) DO NOTHING`,
    ...[app, functionId, kind, key, value, expiresAt ?? null, run ?? null],
  );
}
