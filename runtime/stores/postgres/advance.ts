/** The statements that write frames and steps: they advance runs, behind the fence of their epoch. */
import type { Commit, CommitResult, CommittedStatus, StepRecord } from "../../store.ts";
import { columns, type Session, valuesOf } from "./database.ts";
import { pieceColumns, pieceParts } from "./pieces.ts";
import { slotsOf } from "./slots.ts";

export type FinalStatus = Exclude<CommittedStatus, "running" | "blocked">;

export const isEnd = (status: CommittedStatus): status is FinalStatus => status !== "running" && status !== "blocked";

export type Results = Map<Commit, CommitResult>;

/** The row of a run that was advanced, and by what. */
export interface Moved {
  readonly element: Commit;
  readonly n: number;
  readonly app: string;
  readonly parentRun: string | null;
  readonly parentOp: number | null;
}

type MovedRow = Omit<Moved, "element"> & { readonly id: string };

/** What becomes of the row `r` of a run by the turn `g`. */
const advanced = `
      seq = r.seq + 1, lost_claims = 0, updated_at = g.now, status = g.status,
      output = coalesce(g.output, r.output), error = coalesce(g.error, r.error),
      label = CASE WHEN g.status IN ('running', 'blocked') THEN coalesce(g.label, r.label) ELSE g.label END,
      frame = CASE WHEN g.status IN ('running', 'blocked') THEN coalesce(g.frame, r.frame) END,
      wake_at = CASE WHEN g.status NOT IN ('running', 'blocked') THEN NULL WHEN r.unread > g.reads THEN g.now ELSE g.wake_at END,
      unread = CASE WHEN g.status IN ('running', 'blocked') THEN r.unread - g.reads ELSE 0 END,
      lease_owner = CASE WHEN g.release THEN NULL ELSE r.lease_owner END,
      lease_until = CASE WHEN g.release THEN NULL ELSE r.lease_until END,
      ended_at = CASE WHEN g.status NOT IN ('running', 'blocked') THEN g.now END`;

const movedColumns = "r.n, r.id, r.seq, r.app, r.parent_run, r.parent_op";

const intoSteps = `
    INSERT INTO backstitch.steps
      (run, op, attempt, id, kind, status, input, output, error, started_at, ended_at, rollback, seq)`;

const orAgain = `
    ON CONFLICT (run, op, attempt) DO UPDATE SET id = excluded.id, kind = excluded.kind, status = excluded.status,
      input = excluded.input, output = excluded.output, error = excluded.error, started_at = excluded.started_at,
      ended_at = excluded.ended_at, rollback = excluded.rollback, seq = excluded.seq`;

const answer = `SELECT n, id, app, parent_run AS "parentRun", parent_op AS "parentOp" FROM moved`;

/**
 * Updates the rows of the runs, which is the fence, and writes the steps of those that were not fenced. The runs are locked
 * in the order of their ids, and what the fence asks for is read of the locked rows. It is one step after another, each
 * materialised, so that whatever is known of the tables each run is found by its id.
 */
const advanceRuns = (pieces?: typeof pieceParts) => `
  WITH given AS (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bigint[],
      $9::boolean[], $10::bigint[], $11::text[], $12::text[])
      AS g (run, epoch, seq, now, status, frame, label, wake_at, release, reads, output, error)),
  held AS (
    SELECT r.n, r.id, r.epoch, r.seq, r.status FROM backstitch.runs AS r WHERE r.id = ANY($1::text[]) ORDER BY r.id FOR UPDATE),
  current AS MATERIALIZED (
    SELECT h.n, g.* FROM given AS g JOIN held AS h ON h.id = g.run
    WHERE h.epoch = g.epoch AND h.status = 'running' AND h.seq = coalesce(g.seq, h.seq)),
  moved AS (
    UPDATE backstitch.runs AS r SET ${advanced}${pieces?.flag ?? ""}
    FROM current AS g WHERE r.n = g.n
    RETURNING ${movedColumns}),
  written AS (${intoSteps}
    SELECT m.n, s.op, s.attempt, s.id, s.kind, s.status, s.input, s.output, s.error, s.started_at, s.ended_at, s.rollback, m.seq
    FROM unnest($13::text[], $14::bigint[], $15::bigint[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[],
      $21::text[], $22::bigint[], $23::bigint[], $24::boolean[])
      AS s (run, op, attempt, id, kind, status, input, output, error, started_at, ended_at, rollback)
    JOIN moved AS m ON m.id = s.run${orAgain}),
  consumed AS (
    DELETE FROM backstitch.mail AS l USING moved AS m, unnest($25::text[], $26::bigint[]) AS d (run, seq)
    WHERE m.id = d.run AND l.run = m.n AND l.seq = d.seq)${pieces?.written ?? ""}
  ${answer}`;

const advancePlain = advanceRuns();
const advanceWithPieces = advanceRuns(pieceParts);

/** One run, with one step at most: there is no order of locks to keep, and each array would cost the server a table. */
const advanceRun = (step: string) => `
  WITH moved AS (
    UPDATE backstitch.runs AS r SET ${advanced}
    FROM (VALUES ($1::text, $2::bigint, $3::bigint, $4::bigint, $5::text, $6::text, $7::text, $8::bigint, $9::boolean,
      $10::bigint, $11::text, $12::text))
      AS g (run, epoch, seq, now, status, frame, label, wake_at, release, reads, output, error)
    WHERE r.id = g.run AND r.epoch = g.epoch AND r.status = 'running' AND r.seq = coalesce(g.seq, r.seq)
    RETURNING ${movedColumns})${step}
  ${answer}`;

const advanceAlone = advanceRun("");
const advanceWithStep = advanceRun(`,
  written AS (${intoSteps}
    SELECT m.n, $13::bigint, $14::bigint, $15::text, $16::text, $17::text, $18::text, $19::text, $20::text, $21::bigint,
      $22::bigint, $23::boolean, m.seq
    FROM moved AS m${orAgain})`);

const turnNames = [
  "run",
  "epoch",
  "seq",
  "now",
  "status",
  "frame",
  "label",
  "wakeAt",
  "release",
  "reads",
  "output",
  "error",
] as const;

const stepNames = [
  "op",
  "attempt",
  "id",
  "kind",
  "status",
  "input",
  "output",
  "error",
  "startedAt",
  "endedAt",
  "rollback",
] as const satisfies readonly (keyof StepRecord)[];

/** At most one commit of each run. */
export async function advance(db: Session, batch: readonly Commit[]): Promise<{ moved: Moved[]; results: Results }> {
  const [first] = batch;
  const rows =
    batch.length === 1 && first !== undefined && isSimple(first)
      ? await advanceOne(db, first)
      : await advanceMany(db, batch);
  const byId = new Map(rows.map(({ id, ...row }) => [id, row]));
  const moved = batch.flatMap((element) => {
    const row = byId.get(element.run);
    return row ? [{ element, ...row }] : [];
  });
  const results: Results = new Map(moved.map(({ element }) => [element, "ok"]));
  const left = batch.filter((element) => !results.has(element));
  for (const [element, result] of await whyLeft(db, left)) results.set(element, result);
  return { moved, results };
}

function isSimple({ steps, read = [], pieces = [], dropped = [] }: Commit): boolean {
  return steps.length <= 1 && read.length + pieces.length + dropped.length === 0;
}

function advanceOne(db: Session, { release, steps: [step], ...element }: Commit): Promise<MovedRow[]> {
  const turn = { release: release || element.status !== "running", reads: 0, ...element };
  const values = valuesOf(turn, turnNames);
  if (step === undefined) return db.all(advanceAlone, ...values);
  return db.all(advanceWithStep, ...values, ...valuesOf({ ...step, rollback: step.rollback ?? false }, stepNames));
}

function advanceMany(db: Session, batch: readonly Commit[]): Promise<MovedRow[]> {
  // No copies that begin with another object: Node 20 makes those slowly, and there are two per step.
  const runs = batch.map(({ release, read = [], ...element }) => ({
    release: release || element.status !== "running",
    reads: read.length,
    ...element,
  }));
  const steps = batch.flatMap(({ run, steps }) =>
    steps.map((step) => ({ run, ...step, rollback: step.rollback ?? false })),
  );
  const reads = batch.flatMap(({ run, read = [] }) => read.map((seq) => ({ run, seq })));
  const pieces = pieceColumns(batch.filter(({ status }) => !isEnd(status)));
  return db.all(
    pieces.length > 0 ? advanceWithPieces : advancePlain,
    ...columns(runs, ...turnNames),
    ...columns(steps, "run", ...stepNames),
    ...columns(reads, "run", "seq"),
    ...pieces,
  );
}

/**
 * Fenced, or written before: the connection broke before the worker was told, and it asks again. Only the holder of an epoch
 * commits under it, one after the other, so a run that is one commit further has this one.
 */
async function whyLeft(db: Session, left: readonly Commit[]): Promise<Results> {
  const asked = left.filter(({ seq }) => seq !== undefined);
  const rows =
    asked.length === 0
      ? []
      : await db.all<{ id: string; n: number; epoch: number; seq: number }>(
          "SELECT id, n, epoch, seq FROM backstitch.runs WHERE id = ANY($1::text[])",
          asked.map(({ run }) => run),
        );
  const slots =
    rows.length === 0
      ? new Map<number, never[]>()
      : await slotsOf(
          db,
          rows.map(({ n }) => n),
        );
  return new Map(
    left.map((element): [Commit, CommitResult] => {
      const row = rows.find(({ id }) => id === element.run);
      if (row === undefined || row.epoch !== element.epoch || row.seq - 1 !== element.seq) return [element, "fenced"];
      const granted = (slots.get(row.n) ?? []).filter((slot) => slot.granted).map(({ op }) => op);
      return [element, granted.length > 0 ? { granted } : "ok"];
    }),
  );
}
