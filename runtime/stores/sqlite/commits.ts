/** What ends or advances a run: the one place that writes frames and steps. */
import type { Cancellation, Commit, CommitResult, CommittedStatus, StepRecord } from "../../store.ts";
import { refuseProjected } from "./away.ts";
import type { Connection, RunRow } from "./connection.ts";
import type { Value } from "./driver.ts";
import { insertEvents, noteUnfit } from "./events.ts";
import { consume, deliver, discard } from "./mail.ts";
import { putPieces, removePieces } from "./pieces.ts";
import { exchangeSlots, giveBackAll, slotsOf } from "./slots.ts";
import { forgetRun } from "./states.ts";
import { addWaits, removeWaits, sendSignal } from "./waits.ts";

/** The batch is one transaction and one wait for the disk. A fenced element changes no row, and the others go on. */
export function commit(db: Connection, batch: readonly Commit[]): CommitResult[] {
  if (batch.length === 0) return [];
  return db.transaction(() =>
    batch.map((element) => {
      const run = advanceRun(db, element);
      if (run === undefined) return answerAgain(db, element) ?? "fenced";
      for (const step of element.steps) putStep(db, run, step);
      putMessages(db, run, element);
      if (element.status !== "running") return "ok";
      const granted = exchangeSlots(db, run.n, element, element.now);
      return granted.length > 0 ? { granted } : "ok";
    }),
  );
}

/**
 * What a commit was answered that was written before: its worker was not told. Only the holder of an epoch commits under it,
 * one after the other, so a run that is one commit further has this one.
 */
function answerAgain(db: Connection, { run, epoch, seq }: Commit): CommitResult | undefined {
  if (seq === undefined) return undefined;
  const row = db.first<{ n: number }>("SELECT n FROM runs WHERE id = ? AND epoch = ? AND seq = ?", run, epoch, seq + 1);
  if (row === undefined) return undefined;
  const granted = slotsOf(db, row.n).flatMap((slot) => (slot.granted ? [slot.op] : []));
  return granted.length > 0 ? { granted } : "ok";
}

/** What a commit sends and reads, for what it waits, and pieces of its frame. */
function putMessages(db: Connection, run: RunRow, element: Commit): void {
  const { status, now, waits = [], unwait = [], events = [], signals = [], unfit, read = [], output, error } = element;
  insertEvents(db, events);
  if (unfit) noteUnfit(db, run.app, unfit);
  if (status !== "running" && status !== "blocked") return ended(db, run, status, output ?? error ?? null, now);
  putPieces(db, run.n, element);
  consume(db, run.n, read);
  removeWaits(db, run.n, unwait);
  addWaits(db, run, waits, now);
  for (const { op, name, text } of signals) {
    const from = sendSignal(db, run.app, name, text, now);
    deliver(db, run.id, { op, kind: "sent", text: null, receivedAt: now, ...(from !== undefined && { from }) });
  }
  if (status === "blocked") giveBackAll(db, run.n, now);
}

/** Nothing comes for it any more, and the op that waits for it hears how it ended. */
function ended(db: Connection, run: RunRow, status: FinalStatus, text: string | null, now: number): void {
  discard(db, run.n);
  if (run.hasPieces) removePieces(db, run.n);
  if (run.hasSlots) giveBackAll(db, run.n, now);
  forgetRun(db, run.id);
  if (run.parentRun === null) return;
  deliver(db, run.parentRun, { op: run.parentOp, kind: status, text, receivedAt: now, from: run.id });
}

type FinalStatus = Exclude<CommittedStatus, "running" | "blocked">;

const row = `n, id, seq, app, parent_run AS "parentRun", parent_op AS "parentOp", has_pieces AS "hasPieces", 1 AS "hasSlots"`;

export function cancel(db: Connection, run: string, now: number, { unwind, events = [] }: Cancellation): boolean {
  return db.transaction(() => {
    refuseProjectedRun(db, run, "cancel");
    const begun = "status = 'running' AND (seq > 0 OR lease_owner IS NOT NULL)";
    const unwinds = unwind && db.first(`SELECT 1 FROM runs WHERE id = ? AND ${begun}`, run) !== undefined;
    if (unwinds) return deliver(db, run, { op: 0, kind: "cancel", text: null, receivedAt: now });
    const rows = db.all<RunRow>(
      `UPDATE runs SET status = 'cancelled', epoch = epoch + 1, frame = NULL, wake_at = NULL,
         lease_owner = NULL, lease_until = NULL, updated_at = ?, ended_at = ?
       WHERE id = ? AND status IN ('running', 'blocked') RETURNING ${row}`,
      now,
      now,
      run,
    );
    if (rows.length > 0) insertEvents(db, events);
    for (const found of rows) ended(db, found, "cancelled", null, now);
    return rows.length > 0;
  });
}

function refuseProjectedRun(db: Connection, run: string, operation: string): void {
  const row = db.first<{ app: string }>("SELECT app FROM runs WHERE id = ?", run);
  if (row) refuseProjected(db, row.app, operation);
}

export function resume(db: Connection, run: string, now: number): boolean {
  refuseProjectedRun(db, run, "resume");
  const changed = db.run(
    "UPDATE runs SET status = 'running', error = NULL, wake_at = ?, updated_at = ? WHERE id = ? AND status = 'blocked'",
    now,
    now,
    run,
  );
  return changed > 0;
}

// Four statements and not one, because SQLite rewrites the index of every column that an UPDATE names, changed or not:
// the commit of a held run names none that an index holds, but for `wake_at`, whose index leaves held runs out.
const turn = `seq = seq + 1, lost_claims = 0, output = coalesce(?, output), error = coalesce(?, error),
  updated_at = ?`;
const givenBack = "lease_owner = NULL, lease_until = NULL";
const ifCurrent = `WHERE id = ? AND epoch = ? AND status = 'running' AND seq = coalesce(?, seq) RETURNING ${row}`;
const ifKnown = "WHERE n = ? AND id = ? AND epoch = ? AND status = 'running' AND seq = ?";
const going = `label = coalesce(?, label), ${turn}, frame = coalesce(?, frame), has_pieces = has_pieces OR ?, wake_at = iif(unread > ?, ?, ?), unread = unread - ?`;

/** An update of the row of a run, as far as it is known, and of one of which this process knows more. */
const updateOf = (set: string) => ({
  any: `UPDATE runs SET ${set} ${ifCurrent}`,
  known: `UPDATE runs SET ${set} ${ifKnown}`,
});

const keepRun = updateOf(going);
const releaseRun = updateOf(`${going}, ${givenBack}`);
const blockRun = updateOf(`${going}, ${givenBack}, status = 'blocked'`);
const endRun = updateOf(`label = ?, ${turn}, frame = NULL, wake_at = NULL, ${givenBack}, status = ?, ended_at = ?`);

/** Updates the row of the run, which is the fence; undefined if it was fenced. */
function advanceRun(db: Connection, element: Commit): RunRow | undefined {
  const { run, now, status, frame, label, wakeAt, release, output, error, read = [], pieces = [] } = element;
  const values: Value[] = [label, output ?? null, error ?? null, now];
  const goesOn = status === "running" || status === "blocked";
  if (goesOn) values.push(frame ?? null, pieces.length > 0 ? 1 : 0, read.length, now, wakeAt, read.length);
  else values.push(status, now);
  const update = !goesOn ? endRun : status === "blocked" ? blockRun : release ? releaseRun : keepRun;
  const row = updateRow(db, update, values, element);
  if (row && update === keepRun) db.held.set(run, row);
  else db.held.delete(run);
  return row;
}

function updateRow(
  db: Connection,
  update: ReturnType<typeof updateOf>,
  values: readonly Value[],
  { run, epoch, seq, pieces = [], acquire = [] }: Commit,
): RunRow | undefined {
  const known = db.held.get(run);
  if (!known || seq === undefined) return db.first<RunRow>(update.any, ...values, run, epoch, seq ?? null);
  if (db.run(update.known, ...values, known.n, run, epoch, seq) === 0) return undefined;
  const hasPieces = pieces.length > 0 ? 1 : known.hasPieces;
  const hasSlots = acquire.length > 0 ? 1 : known.hasSlots;
  return { ...known, seq: seq + 1, hasPieces, hasSlots };
}

export function putStep(db: Connection, { n: run, seq }: Pick<RunRow, "n" | "seq">, step: StepRecord): void {
  const { op, attempt, id, kind, status, input, output, error, rollback, startedAt, endedAt } = step;
  db.run(
    `INSERT OR REPLACE INTO steps
       (run, op, attempt, id, kind, status, input, output, error, started_at, ended_at, seq, rollback)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[run, op, attempt, id, kind, status, input ?? null, output ?? null, error ?? null, startedAt, endedAt],
    ...[seq, rollback ? 1 : 0],
  );
}
