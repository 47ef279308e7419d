/** What comes with a move from another store. Nobody claims a run of it before all have come. */
import type { Move, MovedEvent, MovedItem, MovedRecords, MovedRun, MovedState } from "../../store.ts";
import { isArriving, isDoubled, isLeaving, isNotWhole, isThere, lacksEvents, statusOnArrival } from "../moved-rows.ts";
import { arrivingBy, departureOf, refuseProjected } from "./away.ts";
import { columns, type Database, indexable, type Session } from "./database.ts";
import { deliver, putMail } from "./mail.ts";
import { forget, letGo, removeQueued } from "./moves.ts";
import { addWaits } from "./waits.ts";

export async function arrival(session: Session, { id }: Move): Promise<"none" | "begun" | "over"> {
  const sql = "SELECT state FROM backstitch.moves WHERE id = $1 AND way = 'into'";
  return (await session.all<{ state: "begun" | "over" }>(sql, id))[0]?.state ?? "none";
}

export function arrive(db: Database, move: Move, items: readonly MovedItem[], now: number): Promise<void> {
  const { id, app } = move;
  return db.transaction(async (session) => {
    await lockArrivals(session, app);
    const state = await arrival(session, move);
    if (state === "over") return;
    await refuseProjected(session, db.location, app, "arrive");
    const departure = await departureOf(session, app);
    if (departure) throw isLeaving(app, departure.id, db.location);
    if (state === "none") {
      const other = await arrivingBy(session, app);
      if (other !== undefined) throw isArriving(app, other, { location: db.location, operation: "arrive" });
      const insert =
        "INSERT INTO backstitch.moves (id, app, way, state, begun_at) VALUES ($1, $2, 'into', 'begun', $3)";
      await session.run(insert, id, app, now);
    }
    for (const item of items) {
      if ("event" in item) await putEvent(session, move, item.event);
      else if ("run" in item) await putRun(session, db.location, move, item.run, now);
      else if ("steps" in item) await putRecords(session, move, item.steps);
      else await putState(session, move, item.state);
    }
  });
}

/** Whoever imports moves of an app does so one after the other, also the same move. */
async function lockArrivals(session: Session, app: string): Promise<void> {
  await session.run("SELECT pg_advisory_xact_lock(hashtext($1))", `backstitch.moves ${app}`);
}

export async function drop(session: Session, move: Move): Promise<boolean> {
  await lockArrivals(session, move.app);
  if ((await arrival(session, move)) !== "begun") return false;
  const mine = "(SELECT run FROM backstitch.moving_runs WHERE move = $1)";
  await session.run(`SELECT FROM backstitch.runs WHERE n IN ${mine} ORDER BY id FOR UPDATE`, move.id);
  for (const table of ["mail", "waits", "pieces", "steps", "removed_steps", "joined", "transactions"]) {
    await session.run(`DELETE FROM backstitch.${table} WHERE run IN ${mine}`, move.id);
  }
  const named = `(SELECT id FROM backstitch.runs WHERE n IN ${mine})`;
  await session.run(`DELETE FROM backstitch.states WHERE run IN ${named}`, move.id);
  await session.run(`DELETE FROM backstitch.runs WHERE n IN ${mine}`, move.id);
  await session.run(removeQueued, move.id);
  await forget(session, move.id);
  await session.run("DELETE FROM backstitch.moves WHERE id = $1 AND way = 'into'", move.id);
  return true;
}

export function release(db: Database, move: Move, runs: number, now: number): Promise<void> {
  return db.transaction(async (session) => {
    await lockArrivals(session, move.app);
    const state = await arrival(session, move);
    if (state === "over") return;
    const counting = "SELECT count(*) AS count FROM backstitch.moving_runs WHERE move = $1";
    const [came] = await session.all<{ count: number }>(counting, move.id);
    if (state === "none" || came?.count !== runs) throw isNotWhole(move, db.location);
    await letGo(session, move, now);
    // Whatever left this schema before has come back, or goes on where it is: the app is here again.
    await session.run("DELETE FROM backstitch.moves WHERE app = $1 AND way = 'out'", move.app);
    await session.run("UPDATE backstitch.moves SET state = 'over' WHERE id = $1 AND way = 'into'", move.id);
  });
}

/** An id that was taken stays taken. One that no run has is `spent`, so that its age decides when it is removed. */
async function putEvent(session: Session, { id: move, app }: Move, event: MovedEvent): Promise<void> {
  const { id, name, data, receivedAt, target, parent, fate, problem } = event;
  const nameKey = indexable(name);
  const about = [target ?? null, parent?.run ?? null, parent?.op ?? null];
  const values = [id, app, name, nameKey, data, receivedAt, ...about];
  const [row] = await session.all<{ n: number }>(
    `INSERT INTO backstitch.events (id, app, name, name_key, data, received_at, target, parent_run, parent_op)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (app, id) DO NOTHING RETURNING n`,
    ...values,
  );
  if (row === undefined) {
    // It was sent to both: what it starts has been started, by the one that comes.
    if (fate !== "queued") await session.run(takeEvent, ...values);
    return;
  }
  if (fate === "queued") {
    await session.run("INSERT INTO backstitch.moving_events (app, id, move) VALUES ($1, $2, $3)", app, id, move);
    return;
  }
  await session.run(
    "INSERT INTO backstitch.strays (app, id, fate, name_key, received_at, n, problem) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    ...[app, id, fate === "taken" ? "spent" : fate, nameKey, receivedAt, row.n, problem ?? null],
  );
}

const takeEvent = `
  WITH taken AS (
    DELETE FROM backstitch.outbox AS o USING backstitch.events AS e
    WHERE e.app = $2 AND e.id = $1 AND o.app = e.app AND o.received_at = e.received_at AND o.n = e.n RETURNING e.n)
  UPDATE backstitch.events AS e
  SET name = $3, name_key = $4, data = $5, received_at = $6, target = $7, parent_run = $8, parent_op = $9
  FROM taken WHERE e.app = $2 AND e.n = taken.n`;

interface ThereRow {
  readonly n: number;
  readonly status: string;
  readonly move: string | null;
}

async function putRun(
  session: Session,
  location: string,
  { id: move, app }: Move,
  run: MovedRun,
  now: number,
): Promise<void> {
  const [there] = await session.all<ThereRow>(
    `SELECT r.n, r.status, m.move FROM backstitch.runs AS r LEFT JOIN backstitch.moving_runs AS m ON m.run = r.n
     WHERE r.id = $1 FOR UPDATE OF r`,
    run.id,
  );
  if (there?.status === "moved") await removeRun(session, there.n);
  else if (there?.move === move || (there && run.endedAt !== null)) return;
  else if (there) throw isThere(run, location);
  const twin = await twinOf(session, move, app, run);
  if (twin !== undefined) throw isDoubled(run, twin, location);
  if (run.endedAt === null && !(await hasEvents(session, app, run))) throw lacksEvents(run, location);
  const n = await insertRun(session, app, run);
  if (run.endedAt === null) {
    const moving = "INSERT INTO backstitch.moving_runs (run, move, status) VALUES ($1, $2, $3)";
    await session.run(moving, n, move, run.status);
  }
  for (const event of run.joined) {
    await session.run("INSERT INTO backstitch.joined (run, event_id) VALUES ($1, $2)", n, event);
  }
  if (run.pieces.length > 0) {
    await session.run(
      `INSERT INTO backstitch.pieces (run, "array", "index", text)
       SELECT $1::bigint, * FROM unnest($2::bigint[], $3::bigint[], $4::text[])`,
      n,
      ...columns(run.pieces, "array", "index", "text"),
    );
  }
  for (const { op, output } of run.transactions ?? []) {
    await session.run("INSERT INTO backstitch.transactions (run, op, output) VALUES ($1, $2, $3)", n, op, output);
  }
  await putMail(session, n, run.mail);
  const waiting = { n, id: run.id, app };
  await deliver(
    session,
    await addWaits(
      session,
      run.waits.map((wait) => ({ run: waiting, wait, now })),
    ),
  );
}

/** Nobody could claim a run without them. */
async function hasEvents(session: Session, app: string, { eventId, joined }: MovedRun): Promise<boolean> {
  const ids = [...new Set([eventId, ...joined])];
  const sql = "SELECT FROM backstitch.events WHERE app = $1 AND id = ANY($2::text[])";
  return (await session.all(sql, app, ids)).length === ids.length;
}

/** A run that the same event has started here of the same function. */
async function twinOf(session: Session, move: string, app: string, run: MovedRun): Promise<string | undefined> {
  const { eventId, functionId, origin, endedAt } = run;
  if (origin || endedAt !== null) return undefined;
  const rows = await session.all<{ id: string }>(
    `SELECT r.id FROM backstitch.runs AS r LEFT JOIN backstitch.moving_runs AS m ON m.run = r.n
     WHERE r.app = $1 AND r.event_id = $2 AND r.function_id = $3 AND r.origin_run IS NULL AND r.status <> 'moved'
       AND m.move IS DISTINCT FROM $4 LIMIT 1`,
    ...[app, eventId, functionId, move],
  );
  return rows[0]?.id;
}

/** It has left this schema before. */
async function removeRun(session: Session, n: number): Promise<void> {
  for (const table of ["steps", "removed_steps", "joined"]) {
    await session.run(`DELETE FROM backstitch.${table} WHERE run = $1`, n);
  }
  await session.run("DELETE FROM backstitch.runs WHERE n = $1", n);
}

async function insertRun(session: Session, app: string, run: MovedRun): Promise<number> {
  const { id, functionId, eventId, epoch, seq, lostClaims, label, wakeAt, frame, pieces, output, error } = run;
  const { createdAt, updatedAt, endedAt, parent, origin, mailed, mail, stepsRemoved } = run;
  const [row] = await session.all<{ n: number }>(
    `INSERT INTO backstitch.runs (id, app, function_id, event_id, status, epoch, seq, lost_claims, mailed, unread, wake_at,
       created_at, updated_at, ended_at, parent_run, parent_op, origin_run, origin_op, label, plan, output, error, frame,
       has_pieces)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
     RETURNING n`,
    ...[id, app, functionId, eventId, statusOnArrival(run), epoch, seq, lostClaims, mailed, mail.length, wakeAt],
    ...[createdAt, updatedAt, endedAt, parent?.run ?? null, parent?.op ?? null, origin?.run ?? null],
    ...[origin?.op ?? null, label, origin?.plan ?? null, output, error, frame, pieces.length > 0],
  );
  const { n } = row as { n: number };
  if (stepsRemoved !== undefined) {
    await session.run("INSERT INTO backstitch.removed_steps (run, op) VALUES ($1, $2)", n, stepsRemoved);
  }
  return n;
}

/** Each is written as it was: again changes nothing. A run that goes on here has records of its own. */
async function putRecords(session: Session, { id: move }: Move, { run, records }: MovedRecords): Promise<void> {
  const rows = records.map((record) => ({ ...record, rollback: record.rollback ?? false }));
  await session.run(
    `INSERT INTO backstitch.steps
       (run, op, attempt, id, kind, status, input, output, error, started_at, ended_at, rollback, seq)
     SELECT r.n, s.* FROM backstitch.runs AS r, unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::boolean[], $13::bigint[]) AS s
     WHERE r.id = $1 AND (r.ended_at IS NOT NULL OR EXISTS (
       SELECT FROM backstitch.moving_runs AS m WHERE m.run = r.n AND m.move = $14))
     ON CONFLICT (run, op, attempt) DO NOTHING`,
    run,
    ...columns(rows, "op", "attempt", "id", "kind", "status", "input", "output", "error", "startedAt", "endedAt"),
    ...columns(rows, "rollback", "seq"),
    move,
  );
}

/** One that is there was decided upon here. */
async function putState(
  session: Session,
  { app }: Move,
  { functionId, kind, key, value, expiresAt, run }: MovedState,
): Promise<void> {
  await session.run(
    `INSERT INTO backstitch.states (app, function_id, kind, key, value, expires_at, run) VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (app, function_id, kind, key) DO NOTHING`,
    ...[app, functionId, kind, indexable(key), value, expiresAt ?? null, run ?? null],
  );
}
