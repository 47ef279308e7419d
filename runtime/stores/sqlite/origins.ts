/** Runs that are made of others: with the state that another one is parked in, or to begin anew. */
import { shownRun } from "../../frame-pieces.ts";
import type { DerivedRun, ParkedRun, ParkedState, RecordedOutcome } from "../../store.ts";
import { type StepRow, toStep } from "../rows.ts";
import { refuseAway } from "./away.ts";
import type { Connection } from "./connection.ts";
import { mailOf, putMail } from "./mail.ts";
import { piecesOf } from "./pieces.ts";
import { addWaits, waitsOf } from "./waits.ts";

type ParkedRow = ParkedRun & { readonly n: number; readonly version: string; readonly hasPieces: number };

export function getParked(db: Connection, run: string): ParkedState | undefined {
  return db.transaction(() => {
    const row = db.first<ParkedRow>(
      `SELECT n, id, app, function_id AS "functionId", status, label, error, frame, seq || '/' || mailed AS version,
         has_pieces AS "hasPieces"
       FROM runs WHERE id = ? AND ended_at IS NULL`,
      run,
    );
    if (row === undefined) return undefined;
    const { n, hasPieces, ...parked } = row;
    const shown = shownRun(parked, hasPieces ? piecesOf(db, n) : []);
    return { ...shown, waits: waitsOf(db, n), mail: mailOf(db, n) };
  }, "DEFERRED");
}

export function derive(db: Connection, { id, origin, state }: DerivedRun, now: number): boolean {
  return db.transaction(() => {
    if (db.first("SELECT 1 FROM runs WHERE id = ?", id) !== undefined) return true;
    const of = db.first<{ app: string }>("SELECT app FROM runs WHERE id = ?", origin.run);
    if (of) refuseAway(db, of.app, "derive");
    const made = db.first<{ n: number; app: string }>(
      `INSERT INTO runs (id, app, function_id, event_id, wake_at, created_at, updated_at, origin_run, origin_op, plan,
         frame, label, mailed, unread)
       SELECT ?, app, function_id, event_id, ?, ?, ?, id, ?, ?, ?, ?, ?, ? FROM runs
       WHERE id = ? AND (? IS NULL OR (seq || '/' || mailed = ? AND ended_at IS NULL)) RETURNING n, app`,
      ...[id, now, now, now, origin.op ?? null, origin.plan ?? null],
      ...[state?.frame ?? null, state?.label ?? null, state?.mail.at(-1)?.seq ?? 0, state?.mail.length ?? 0],
      ...[origin.run, state?.version ?? null, state?.version ?? null],
    );
    if (made === undefined) return false;
    db.run(
      "INSERT INTO joined (run, event_id) SELECT ?, j.event_id FROM runs AS r CROSS JOIN joined AS j ON j.run = r.n WHERE r.id = ? ORDER BY j.n",
      made.n,
      origin.run,
    );
    addWaits(db, { ...made, id }, state?.waits ?? [], now);
    for (const mail of state?.mail ?? []) putMail(db, made.n, mail);
    return true;
  });
}

type OutcomeRow = Omit<StepRow, "index"> & { readonly seq: number };

export function listOutcomes(db: Connection, run: string, ops: readonly number[]): RecordedOutcome[] {
  return ops.flatMap((op) =>
    db
      .all<OutcomeRow>(
        `SELECT s.op, s.attempt, s.id, s.kind, s.status, s.input, s.output, s.error, s.rollback, s.seq,
           s.started_at AS "startedAt", s.ended_at AS "endedAt"
         FROM runs AS r CROSS JOIN steps AS s ON s.run = r.n
         WHERE r.id = ? AND s.op = ? AND s.status IN ('completed', 'failed')`,
        run,
        op,
      )
      .map((row) => toStep(row) as RecordedOutcome),
  );
}
