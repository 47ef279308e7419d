/** What ends or advances a run: the one place that writes frames and steps. */
import type { Cancellation, Commit, CommitResult, CommittedStatus } from "../../store.ts";
import { columns, type Database, grouped, type Session } from "./database.ts";
import { noteUnfit, putEvents } from "./events.ts";
import { type Delivery, deliver, lockRuns } from "./mail.ts";
import { pieceColumns, pieceParts } from "./pieces.ts";
import { exchangeSlots, giveBackAll, haveSlots, lockSlots, slotsOf } from "./slots.ts";
import { addWaits, type OwnWait, removeHolder, removeWaits, signalHolders } from "./waits.ts";

/**
 * The batch is one wait for the disk. Most batches hold steps only, and are one statement; what else a turn may do takes
 * some more statements, each of them for all runs of the batch, in one transaction.
 */
export async function commit(db: Database, batch: readonly Commit[]): Promise<CommitResult[]> {
  const rounds = roundsOf(batch);
  const results =
    rounds.length === 1 && batch.every(isPlain)
      ? await commitPlain(db, batch)
      : await db.transaction((session) => commitAll(session, batch, rounds));
  return batch.map((element) => results.get(element) as CommitResult);
}

/** Two turns of one run go one after the other. */
function roundsOf(batch: readonly Commit[]): Commit[][] {
  const rounds: Commit[][] = [];
  for (const turns of grouped(batch, ({ run }) => run).values()) {
    for (const [index, turn] of turns.entries()) {
      rounds[index] ??= [];
      rounds[index].push(turn);
    }
  }
  return rounds;
}

/** Whether all that it writes is the run itself, its steps, and the mail that it read. */
function isPlain({ status, waits, unwait, events, signals, acquire, giveBack }: Commit): boolean {
  return (
    status === "running" &&
    [waits, unwait, events, signals, acquire, giveBack].every((list) => list === undefined || list.length === 0)
  );
}

const isEnd = (status: CommittedStatus): status is FinalStatus => status !== "running" && status !== "blocked";

type FinalStatus = Exclude<CommittedStatus, "running" | "blocked">;

type Results = Map<Commit, CommitResult>;

async function commitPlain(db: Session, batch: readonly Commit[]): Promise<Results> {
  const { moved, results } = await advance(db, batch);
  wakeOthers(db, moved);
  return results;
}

/** A run that is given back and due is work for other workers: this one leaves it to them, or stops. */
function wakeOthers(db: Session, moved: readonly Moved[]): void {
  const due = moved.filter(({ element: { status, release, wakeAt, now } }) => {
    return status === "running" && release && wakeAt !== null && wakeAt <= now;
  });
  db.wake(...due.map(({ app }) => app));
}

/** Locks come in one order in all transactions: slots, then runs by their ids, then what hangs on them. */
async function commitAll(db: Session, batch: readonly Commit[], rounds: readonly Commit[][]): Promise<Results> {
  const leaving = batch.filter(({ status }) => status !== "running").map(({ run }) => run);
  const exchanges = batch.some(({ acquire, giveBack }) => acquire !== undefined || giveBack !== undefined);
  const usesSlots = exchanges || (await haveSlots(db, leaving));
  if (usesSlots) await lockSlots(db);
  await lockRuns(db, [...batch.map(({ run }) => run), ...(await othersOf(db, batch))]);
  const results: Results = new Map();
  for (const round of rounds) {
    const advanced = await advance(db, round);
    for (const [element, result] of advanced.results) results.set(element, result);
    const told = await putMessages(db, advanced.moved);
    if (usesSlots) told.push(...(await exchangeAll(db, advanced.moved, results)));
    await deliver(db, told);
    wakeOthers(db, advanced.moved);
  }
  return results;
}

/** Runs that are told of what the batch does: parents of runs that end, whoever gets a signal or must leave it to another. */
async function othersOf(db: Session, batch: readonly Commit[]): Promise<string[]> {
  const ending = batch.filter(({ status }) => isEnd(status)).map(({ run }) => run);
  const signals = batch.flatMap(({ run, waits = [], signals = [] }) =>
    [...waits.filter(({ kind }) => kind === "signal"), ...signals].map(({ name }) => ({ run, name })),
  );
  const parents =
    ending.length === 0
      ? []
      : await db.all<{ parent: string }>(
          `SELECT parent_run AS parent FROM backstitch.runs WHERE id = ANY($1::text[]) AND parent_run IS NOT NULL`,
          ending,
        );
  return [...parents.map(({ parent }) => parent), ...(await signalHolders(db, signals))];
}

/** The row of a run that was advanced, and by what. */
interface Moved {
  readonly element: Commit;
  readonly n: number;
  readonly app: string;
  readonly parentRun: string | null;
  readonly parentOp: number | null;
}

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
    UPDATE backstitch.runs AS r SET
      seq = r.seq + 1, lost_claims = 0, updated_at = g.now, status = g.status,
      output = coalesce(g.output, r.output), error = coalesce(g.error, r.error),
      label = CASE WHEN g.status IN ('running', 'blocked') THEN coalesce(g.label, r.label) ELSE g.label END,
      frame = CASE WHEN g.status IN ('running', 'blocked') THEN coalesce(g.frame, r.frame) END,
      wake_at = CASE WHEN g.status NOT IN ('running', 'blocked') THEN NULL WHEN r.unread > g.reads THEN g.now ELSE g.wake_at END,
      unread = CASE WHEN g.status IN ('running', 'blocked') THEN r.unread - g.reads ELSE 0 END,
      lease_owner = CASE WHEN g.release THEN NULL ELSE r.lease_owner END,
      lease_until = CASE WHEN g.release THEN NULL ELSE r.lease_until END,
      ended_at = CASE WHEN g.status NOT IN ('running', 'blocked') THEN g.now END${pieces?.flag ?? ""}
    FROM current AS g WHERE r.n = g.n
    RETURNING r.n, r.id, r.seq, r.app, r.parent_run, r.parent_op),
  written AS (
    INSERT INTO backstitch.steps
      (run, op, attempt, id, kind, status, input, output, error, started_at, ended_at, rollback, seq)
    SELECT m.n, s.op, s.attempt, s.id, s.kind, s.status, s.input, s.output, s.error, s.started_at, s.ended_at, s.rollback, m.seq
    FROM unnest($13::text[], $14::bigint[], $15::bigint[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[],
      $21::text[], $22::bigint[], $23::bigint[], $24::boolean[])
      AS s (run, op, attempt, id, kind, status, input, output, error, started_at, ended_at, rollback)
    JOIN moved AS m ON m.id = s.run
    ON CONFLICT (run, op, attempt) DO UPDATE SET id = excluded.id, kind = excluded.kind, status = excluded.status,
      input = excluded.input, output = excluded.output, error = excluded.error, started_at = excluded.started_at,
      ended_at = excluded.ended_at, rollback = excluded.rollback, seq = excluded.seq),
  consumed AS (
    DELETE FROM backstitch.mail AS l USING moved AS m, unnest($25::text[], $26::bigint[]) AS d (run, seq)
    WHERE m.id = d.run AND l.run = m.n AND l.seq = d.seq)${pieces?.written ?? ""}
  SELECT n, id, app, parent_run AS "parentRun", parent_op AS "parentOp" FROM moved`;

const advancePlain = advanceRuns();
const advanceWithPieces = advanceRuns(pieceParts);

/** At most one commit of each run. */
async function advance(db: Session, batch: readonly Commit[]): Promise<{ moved: Moved[]; results: Results }> {
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
  const rows = await db.all<Omit<Moved, "element"> & { readonly id: string }>(
    pieces.length > 0 ? advanceWithPieces : advancePlain,
    ...columns(
      runs,
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
    ),
    ...columns(
      steps,
      "run",
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
    ),
    ...columns(reads, "run", "seq"),
    ...pieces,
  );
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

/** What commits send and for what they wait. Answers what other runs are told of it. */
async function putMessages(db: Session, moved: readonly Moved[]): Promise<Delivery[]> {
  await putEvents(
    db,
    moved.flatMap(({ element }) => element.events ?? []),
  );
  await noteUnfit(
    db,
    moved.flatMap(({ app, element: { unfit } }) => (unfit ? [{ app, ...unfit }] : [])),
  );
  const [ended, going] = [true, false].map((is) => moved.filter(({ element }) => isEnd(element.status) === is)) as [
    Moved[],
    Moved[],
  ];
  await discard(db, ended);
  await removeWaits(
    db,
    going.flatMap(({ n, element }) => (element.unwait ?? []).map((op) => ({ run: n, op }))),
  );
  const waits = going.flatMap(({ n, app, element: { run, waits = [], now } }) =>
    waits.map((wait): OwnWait => ({ run: { n, id: run, app }, wait, now })),
  );
  return [...(await addWaits(db, waits)), ...(await sendSignals(db, going)), ...ended.flatMap(toldParent)];
}

/** Whoever waits is told, and so is who sent it. */
async function sendSignals(db: Session, going: readonly Moved[]): Promise<Delivery[]> {
  const told: Delivery[] = [];
  for (const { app, element } of going) {
    const { run, now, signals = [] } = element;
    for (const { op, name, text } of signals) {
      const [holder] = await removeHolder(db, app, name);
      const from = holder && { from: holder.run };
      if (holder) told.push({ ...holder, kind: "signal", text, receivedAt: now });
      told.push({ run, op, kind: "sent", text: null, receivedAt: now, ...from });
    }
  }
  return told;
}

/** Runs have ended: nothing comes for them any more, and nothing is decided by them. */
async function discard(db: Session, ended: readonly Pick<Moved, "n" | "element">[]): Promise<void> {
  if (ended.length === 0) return;
  await discardRuns(
    db,
    ended.map(({ n }) => n),
    ended.map(({ element }) => element.run),
  );
}

async function discardRuns(db: Session, numbers: readonly number[], ids: readonly string[]): Promise<void> {
  await db.run(
    `WITH mail AS (DELETE FROM backstitch.mail WHERE run = ANY($1::bigint[])),
     transactions AS (DELETE FROM backstitch.transactions WHERE run = ANY($1::bigint[])),
     waits AS (DELETE FROM backstitch.waits WHERE run = ANY($1::bigint[])),
     pieces AS (DELETE FROM backstitch.pieces WHERE run = ANY($1::bigint[]))
     DELETE FROM backstitch.states WHERE run = ANY($2::text[])`,
    numbers,
    ids,
  );
}

/** The op that waits for a run hears how it ended. */
function toldParent({ parentRun, parentOp, element }: Moved): Delivery[] {
  if (parentRun === null) return [];
  const { run, status, output, error, now } = element;
  const text = output ?? error ?? null;
  return [{ run: parentRun, op: parentOp ?? 0, kind: status as FinalStatus, text, receivedAt: now, from: run }];
}

/** Answers what other runs are told; the results get what their own ops have now. */
async function exchangeAll(db: Session, moved: readonly Moved[], results: Results): Promise<Delivery[]> {
  const told: Delivery[] = [];
  for (const { n, element } of moved) {
    if (element.status !== "running") {
      told.push(...(await giveBackAll(db, [n], element.now)));
      continue;
    }
    const exchanged = await exchangeSlots(db, n, element);
    told.push(...exchanged.told);
    if (exchanged.granted.length > 0) results.set(element, { granted: exchanged.granted });
  }
  return told;
}

interface CancelledRow {
  readonly n: number;
  readonly parentRun: string | null;
  readonly parentOp: number | null;
}

export async function cancel(
  db: Session,
  run: string,
  now: number,
  { unwind, events = [] }: Cancellation,
): Promise<boolean> {
  await lockSlots(db);
  const parents = await db.all<{ parent: string }>(
    "SELECT parent_run AS parent FROM backstitch.runs WHERE id = $1 AND parent_run IS NOT NULL",
    run,
  );
  await lockRuns(db, [run, ...parents.map(({ parent }) => parent)]);
  const begun = "status = 'running' AND (seq > 0 OR lease_owner IS NOT NULL)";
  if (unwind && (await db.all(`SELECT FROM backstitch.runs WHERE id = $1 AND ${begun}`, run)).length > 0) {
    await deliver(db, [{ run, op: 0, kind: "cancel", text: null, receivedAt: now }]);
    return true;
  }
  const [row] = await db.all<CancelledRow>(
    `UPDATE backstitch.runs SET status = 'cancelled', epoch = epoch + 1, frame = NULL, wake_at = NULL, unread = 0,
       lease_owner = NULL, lease_until = NULL, updated_at = $2, ended_at = $2
     WHERE id = $1 AND status IN ('running', 'blocked') RETURNING n, parent_run AS "parentRun", parent_op AS "parentOp"`,
    run,
    now,
  );
  if (row === undefined) return false;
  await putEvents(db, events);
  await discardRuns(db, [row.n], [run]);
  const told = await giveBackAll(db, [row.n], now);
  if (row.parentRun !== null) {
    const op = row.parentOp ?? 0;
    told.push({ run: row.parentRun, op, kind: "cancelled", text: null, receivedAt: now, from: run });
  }
  await deliver(db, told);
  return true;
}

export async function resume(db: Session, run: string, now: number): Promise<boolean> {
  const rows = await db.all<{ app: string }>(
    `UPDATE backstitch.runs SET status = 'running', error = NULL, wake_at = $2, updated_at = $2
     WHERE id = $1 AND status = 'blocked' RETURNING app`,
    run,
    now,
  );
  db.wake(...rows.map(({ app }) => app));
  return rows.length > 0;
}
