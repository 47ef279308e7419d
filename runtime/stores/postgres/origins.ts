/** Runs that are made of others: with the state that another one is parked in, or to begin anew. */
import type { DerivedRun, ParkedState, RecordedOutcome } from "../../store.ts";
import { type StepRow, toStep } from "../rows.ts";
import { refuseAway } from "./away.ts";
import type { Session } from "./database.ts";
import { deliver, lockRuns, mailOf, putMail } from "./mail.ts";
import { type ParkedRow, parkedColumns, shownRuns } from "./pieces.ts";
import { addWaits, waitsOf } from "./waits.ts";

/** Of one state of the database. */
export async function getParked(db: Session, run: string): Promise<ParkedState | undefined> {
  const rows = await db.all<ParkedRow & { readonly version: string }>(
    `SELECT ${parkedColumns}, seq || '/' || mailed AS version
     FROM backstitch.runs WHERE id = $1 AND ended_at IS NULL`,
    run,
  );
  const [shown] = await shownRuns(db, rows);
  if (rows[0] === undefined || shown === undefined) return undefined;
  const { n } = rows[0];
  return { ...shown, waits: (await waitsOf(db, [n])).get(n) ?? [], mail: (await mailOf(db, [n])).get(n) ?? [] };
}

/** Within a transaction. */
export async function derive(
  db: Session,
  location: string,
  { id, origin, state }: DerivedRun,
  now: number,
): Promise<boolean> {
  await lockRuns(db, [origin.run]);
  if (await exists(db, id)) return true;
  const [of] = await db.all<{ app: string }>("SELECT app FROM backstitch.runs WHERE id = $1", origin.run);
  if (of) await refuseAway(db, location, of.app, "derive");
  const [made] = await db.all<{ n: number; app: string }>(
    `INSERT INTO backstitch.runs (id, app, function_id, event_id, wake_at, created_at, updated_at, origin_run, origin_op, plan,
       frame, label, mailed, unread)
     SELECT $1, app, function_id, event_id, $2, $2, $2, id, $3, $4, $5, $6, $7, $8 FROM backstitch.runs
     WHERE id = $9 AND ($10::text IS NULL OR (seq || '/' || mailed = $10 AND ended_at IS NULL))
     ON CONFLICT (id) DO NOTHING RETURNING n, app`,
    ...[id, now, origin.op ?? null, origin.plan ?? null],
    ...[state?.frame ?? null, state?.label ?? null, state?.mail.at(-1)?.seq ?? 0, state?.mail.length ?? 0],
    ...[origin.run, state?.version ?? null],
  );
  if (made === undefined) return exists(db, id);
  await db.run(
    `INSERT INTO backstitch.joined (run, event_id) SELECT $1, j.event_id
     FROM backstitch.runs AS r JOIN backstitch.joined AS j ON j.run = r.n WHERE r.id = $2 ORDER BY j.n`,
    made.n,
    origin.run,
  );
  await putMail(db, made.n, state?.mail ?? []);
  const run = { ...made, id };
  await deliver(
    db,
    await addWaits(
      db,
      (state?.waits ?? []).map((wait) => ({ run, wait, now })),
    ),
  );
  db.wake(made.app);
  return true;
}

async function exists(db: Session, run: string): Promise<boolean> {
  return (await db.all("SELECT FROM backstitch.runs WHERE id = $1", run)).length > 0;
}

type OutcomeRow = Omit<StepRow, "index"> & { readonly seq: number };

export async function listOutcomes(db: Session, run: string, ops: readonly number[]): Promise<RecordedOutcome[]> {
  const rows = await db.all<OutcomeRow>(
    `SELECT s.op, s.attempt, s.id, s.kind, s.status, s.input, s.output, s.error, s.rollback, s.seq,
       s.started_at AS "startedAt", s.ended_at AS "endedAt"
     FROM unnest($2::bigint[]) WITH ORDINALITY AS g (op, place) CROSS JOIN backstitch.runs AS r
     JOIN backstitch.steps AS s ON s.run = r.n AND s.op = g.op
     WHERE r.id = $1 AND s.status IN ('completed', 'failed') ORDER BY g.place, s.attempt`,
    run,
    ops,
  );
  return rows.map((row) => toStep(row) as RecordedOutcome);
}
