/** What ends or advances a run: the one place that writes frames and steps. */
import type { Commit, CommitResult, StepRecord } from "../../store.ts";
import type { Connection } from "./connection.ts";

/** The batch is one transaction and one wait for the disk. A fenced element changes no row, and the others go on. */
export function commit(db: Connection, batch: readonly Commit[]): CommitResult[] {
  if (batch.length === 0) return [];
  return db.transaction(() =>
    batch.map((element) => {
      const run = advanceRun(db, element);
      if (run === undefined) return "fenced";
      for (const step of element.steps) putStep(db, run, step);
      return "ok";
    }),
  );
}

export function cancel(db: Connection, run: string, now: number): boolean {
  const changed = db.run(
    `UPDATE runs SET status = 'cancelled', epoch = epoch + 1, frame = NULL, wake_at = NULL,
       lease_owner = NULL, lease_until = NULL, updated_at = ?, ended_at = ?
     WHERE id = ? AND status IN ('running', 'blocked')`,
    now,
    now,
    run,
  );
  return changed > 0;
}

export function resume(db: Connection, run: string, now: number): boolean {
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
const turn = `label = ?, seq = seq + 1, lost_claims = 0, output = coalesce(?, output), error = coalesce(?, error),
  updated_at = ?`;
const givenBack = "lease_owner = NULL, lease_until = NULL";
const ifCurrent = "WHERE id = ? AND epoch = ? AND status = 'running' RETURNING n";
const going = `${turn}, frame = coalesce(?, frame), wake_at = ?`;

const keepRun = `UPDATE runs SET ${going} ${ifCurrent}`;
const releaseRun = `UPDATE runs SET ${going}, ${givenBack} ${ifCurrent}`;
const blockRun = `UPDATE runs SET ${going.replace("?", "coalesce(?, label)")}, ${givenBack}, status = 'blocked' ${ifCurrent}`;
const endRun = `UPDATE runs SET ${turn}, frame = NULL, wake_at = NULL, ${givenBack}, status = ?, ended_at = ? ${ifCurrent}`;

/** Updates the row of the run, which is the fence. Answers the run's number, or undefined if it was fenced. */
function advanceRun(db: Connection, element: Commit): number | undefined {
  const { run, epoch, now, status, frame, label, wakeAt, release, output, error } = element;
  const changes = [label, output ?? null, error ?? null, now];
  const rows =
    status === "running" || status === "blocked"
      ? db.all<{ n: number }>(
          status === "blocked" ? blockRun : release ? releaseRun : keepRun,
          ...changes,
          frame ?? null,
          wakeAt,
          run,
          epoch,
        )
      : db.all<{ n: number }>(endRun, ...changes, status, now, run, epoch);
  return rows[0]?.n;
}

/**
 * Writes one attempt. `nth`, the number of earlier ops with the same id, is one more than that of the last of them.
 * Ops that run side by side end in any order: one that comes late moves the later ones up.
 */
function putStep(db: Connection, run: number, step: StepRecord): void {
  const { op, attempt, id, kind, status, input, output, error, startedAt, endedAt } = step;
  db.run(
    `UPDATE steps SET nth = nth + 1 WHERE run = ? AND id = ? AND op > ?
       AND NOT EXISTS (SELECT 1 FROM steps WHERE run = ? AND op = ?)`,
    run,
    id,
    op,
    run,
    op,
  );
  db.run(
    `INSERT OR REPLACE INTO steps
       (run, op, attempt, id, kind, status, input, output, error, started_at, ended_at, nth)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(
       (SELECT nth FROM steps WHERE run = ? AND op = ? LIMIT 1),
       (SELECT nth + 1 FROM steps WHERE run = ? AND id = ? AND op < ? ORDER BY op DESC LIMIT 1),
       0))`,
    ...[run, op, attempt, id, kind, status, input ?? null, output ?? null, error ?? null, startedAt, endedAt],
    ...[run, op],
    ...[run, id, op],
  );
}
