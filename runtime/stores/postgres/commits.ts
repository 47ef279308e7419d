/** What ends or advances a run, and what else a turn does. */
import type { Cancellation, Commit, CommitResult } from "../../store.ts";
import { advance, type FinalStatus, isEnd, type Moved, type Results } from "./advance.ts";
import { type Database, grouped, type Session } from "./database.ts";
import { noteUnfit, putEvents } from "./events.ts";
import { type Delivery, deliver, lockRuns } from "./mail.ts";
import { exchangeSlots, giveBackAll, haveSlots, lockSlots } from "./slots.ts";
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
