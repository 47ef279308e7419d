/** How an app goes to another store. */
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
  MovedTransaction,
  Settlement,
} from "../../store.ts";
import {
  isArriving,
  type MovedEventRow,
  type MovedParts,
  type MovedRunRow,
  type MovedStateRow,
  maySettle,
  movedColumns,
  toMovedEvent,
  toMovedRun,
  toMovedState,
} from "../moved-rows.ts";
import { eventColumns, type StepRow, toStep } from "../rows.ts";
import { arrivingBy, type DepartureRow, departureOf, refuseProjected, refuseSettled } from "./away.ts";
import { type Database, grouped, type Session } from "./database.ts";
import { deliver, mailOf } from "./mail.ts";
import { piecesOf } from "./pieces.ts";
import { giveBackAll, lockSlots } from "./slots.ts";
import { waitsOf } from "./waits.ts";

export async function leave(db: Database, { id, app }: Move, now: number): Promise<Departure> {
  const begun = await db.transaction((session) => begin(session, db.location, { id, app }, now));
  const departure = { id: begun.id, app };
  if (begun.state === "frozen") return { ...departure, held: [] };
  const held = await db.transaction(async (session) => {
    const found = await session.all<HeldRun>(heldRuns, app, now);
    if (found.length === 0) await freeze(session, departure, now);
    return found;
  });
  return { ...departure, held };
}

async function begin(session: Session, location: string, { id, app }: Move, now: number): Promise<DepartureRow> {
  await refuseProjected(session, location, app, "leave");
  const found = await departureOf(session, app);
  if (found) return found;
  await session.run("LOCK TABLE backstitch.moves IN ACCESS EXCLUSIVE MODE");
  const other = await arrivingBy(session, app);
  if (other !== undefined) throw isArriving(app, other, { location, operation: "leave" });
  // Somebody else may have begun one while this waited for the lock.
  const late = await departureOf(session, app);
  if (late) return late;
  const insert = "INSERT INTO backstitch.moves (id, app, way, state, begun_at) VALUES ($1, $2, 'out', 'begun', $3)";
  await session.run(insert, id, app, now);
  return { id, state: "begun" };
}

const heldRuns = `
  SELECT id AS run, lease_owner AS worker, lease_until AS "leaseUntil" FROM backstitch.runs
  WHERE app = $1 AND lease_owner IS NOT NULL AND lease_until >= $2`;

/** Nobody holds a run: whoever still believes so is fenced, and a step that he is writing in a transaction is waited for. */
async function freeze(session: Session, { id, app }: Move, now: number): Promise<void> {
  const departure = await departureOf(session, app);
  if (departure?.id !== id || departure.state === "frozen") return;
  await session.run("LOCK TABLE backstitch.transactions IN SHARE MODE");
  await lockSlots(session);
  await session.run("SELECT FROM backstitch.runs WHERE app = $1 AND ended_at IS NULL ORDER BY id FOR UPDATE", app);
  await session.run(
    `UPDATE backstitch.runs SET epoch = epoch + 1, lost_claims = lost_claims + 1, lease_owner = NULL, lease_until = NULL
     WHERE app = $1 AND lease_owner IS NOT NULL`,
    app,
  );
  await giveBackSlots(session, app, now);
  await session.run(
    `INSERT INTO backstitch.moving_runs (run, move, status)
     SELECT n, $1, status FROM backstitch.runs WHERE app = $2 AND ended_at IS NULL`,
    id,
    app,
  );
  await session.run("UPDATE backstitch.runs SET status = 'moving' WHERE app = $1 AND ended_at IS NULL", app);
  await session.run(
    `WITH queued AS (DELETE FROM backstitch.outbox WHERE app = $2 RETURNING app, id)
     INSERT INTO backstitch.moving_events (app, id, move) SELECT app, id, $1 FROM queued`,
    id,
    app,
  );
  await session.run("UPDATE backstitch.moves SET state = 'frozen' WHERE id = $1 AND way = 'out'", id);
}

/** Their ops ask anew when they are claimed: so they are due, and are not told of slots that they have no more. */
async function giveBackSlots(session: Session, app: string, now: number): Promise<void> {
  const asking = await session.all<{ n: number }>(
    "SELECT DISTINCT s.run AS n FROM backstitch.slots AS s JOIN backstitch.runs AS r ON r.n = s.run WHERE r.app = $1",
    app,
  );
  const numbers = asking.map(({ n }) => n);
  if (numbers.length === 0) return;
  await deliver(session, await giveBackAll(session, numbers, now));
  await session.run(
    `WITH told AS (DELETE FROM backstitch.mail WHERE run = ANY($1::bigint[]) AND kind = 'slot' RETURNING run)
     UPDATE backstitch.runs AS r SET unread = r.unread - (SELECT count(*) FROM told WHERE told.run = r.n),
       wake_at = CASE WHEN r.status = 'running' THEN $2 ELSE r.wake_at END
     WHERE r.n = ANY($1::bigint[])`,
    numbers,
    now,
  );
}

interface Page {
  readonly after?: number;
  readonly limit: number;
}

/** Behind a move that was confirmed there are only events that came later. */
export async function movedEvents(
  db: Database,
  { id, app }: Move,
  { after = 0, limit }: Page,
): Promise<MovedPage<MovedEvent>> {
  const rows = await db.all<MovedEventRow>(
    `SELECT e.n, ${eventColumns}, s.fate, s.problem, q.id IS NOT NULL AS "isQueued"
     FROM backstitch.events AS e
     LEFT JOIN backstitch.moving_events AS q ON q.app = e.app AND q.id = e.id AND q.move = $1
     LEFT JOIN backstitch.strays AS s ON s.app = e.app AND s.id = e.id
     WHERE e.app = $2 AND e.n > $3 AND (q.id IS NOT NULL OR (
       NOT EXISTS (SELECT FROM backstitch.outbox AS o WHERE o.app = e.app AND o.received_at = e.received_at AND o.n = e.n)
       AND NOT EXISTS (SELECT FROM backstitch.moves AS l WHERE l.app = $2 AND l.way = 'out' AND l.state = 'over')))
     ORDER BY e.n LIMIT $4`,
    ...[id, app, after, limit],
  );
  await refuseSettled(db, db.location, { id, app });
  return pageOf(rows, limit, toMovedEvent);
}

export async function movedStates(
  db: Database,
  { id, app }: Move,
  { after = 0, limit }: Page,
): Promise<MovedPage<MovedState>> {
  const rows = await db.all<MovedStateRow>(
    `SELECT n, function_id AS "functionId", kind, key, value, expires_at AS "expiresAt", run FROM backstitch.states
     WHERE app = $1 AND n > $2 ORDER BY n LIMIT $3`,
    app,
    after,
    limit,
  );
  await refuseSettled(db, db.location, { id, app });
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

/** Of one state of the database. */
export async function movedRuns(
  db: Session,
  location: string,
  { id, app }: Move,
  { which, after = "", limit }: MovedRunsPage,
): Promise<MovedRun[]> {
  await refuseSettled(db, location, { id, app });
  const ended = "r.ended_at IS NOT NULL AND r.status <> 'moved'";
  const [meant, ...params] =
    which === "going"
      ? (["r.status = 'moving' AND m.move = $4", id] as const)
      : which === "ended"
        ? ([ended] as const)
        : ([`${ended} AND r.id = ANY($4::text[])`, which] as const);
  const rows = await db.all<MovedRunRow>(
    `SELECT ${movedColumns("backstitch.")}
     FROM backstitch.runs AS r LEFT JOIN backstitch.moving_runs AS m ON m.run = r.n
     WHERE r.app = $1 AND r.id > $2 AND ${meant} ORDER BY r.id LIMIT $3`,
    ...[app, after, limit],
    ...params,
  );
  const partsOf = await partsOfRuns(
    db,
    rows.map(({ n }) => n),
  );
  return rows.map((row) => toMovedRun(row, partsOf(row.n)));
}

async function partsOfRuns(db: Session, runs: readonly number[]): Promise<(n: number) => MovedParts> {
  const joined = await db.all<{ run: number; id: string }>(
    "SELECT run, event_id AS id FROM backstitch.joined WHERE run = ANY($1::bigint[]) ORDER BY n",
    runs,
  );
  // What the run has recorded itself needs no keeping.
  const transactions = await db.all<MovedTransaction & { readonly run: number }>(
    `SELECT t.run, t.op, t.output FROM backstitch.transactions AS t
     WHERE t.run = ANY($1::bigint[]) AND NOT EXISTS (
       SELECT FROM backstitch.steps AS s WHERE s.run = t.run AND s.op = t.op AND s.status <> 'retrying')
     ORDER BY t.run, t.op`,
    runs,
  );
  const [pieces, mail, waits] = [await piecesOf(db, runs), await mailOf(db, runs), await waitsOf(db, runs)];
  const events = grouped(joined, ({ run }) => run);
  const written = grouped(transactions, ({ run }) => run);
  return (n) => ({
    joined: (events.get(n) ?? []).map((event) => event.id),
    pieces: pieces.get(n) ?? [],
    mail: mail.get(n) ?? [],
    waits: waits.get(n) ?? [],
    ...(written.has(n) && { transactions: (written.get(n) ?? []).map(({ op, output }) => ({ op, output })) }),
  });
}

export async function movedRecords(
  db: Session,
  run: string,
  { after, limit }: { readonly after?: { readonly op: number; readonly attempt: number }; readonly limit: number },
): Promise<MovedRecord[]> {
  const rows = await db.all<Omit<StepRow, "index"> & { readonly seq: number }>(
    `SELECT s.op, s.attempt, s.id, s.kind, s.status, s.input, s.output, s.error, s.rollback, s.seq,
       s.started_at AS "startedAt", s.ended_at AS "endedAt"
     FROM backstitch.runs AS r JOIN backstitch.steps AS s ON s.run = r.n
     WHERE r.id = $1 AND (s.op, s.attempt) > ($2, $3) ORDER BY s.op, s.attempt LIMIT $4`,
    ...[run, after?.op ?? 0, after?.attempt ?? 0, limit],
  );
  return rows.map((row) => toStep(row) as MovedRecord);
}

export async function settle(session: Session, { id, app }: Move, how: Settlement, now: number): Promise<boolean> {
  const departure = await departureOf(session, app);
  if (departure?.id !== id || !maySettle(departure.state, how)) return false;
  if (how === "confirm") {
    await confirm(session, { id, app }, now);
    return true;
  }
  await letGo(session, { id, app }, now);
  await session.run("DELETE FROM backstitch.moves WHERE id = $1 AND way = 'out'", id);
  return true;
}

/** What hangs on the runs goes; what was recorded of them stays for whoever looks. */
async function confirm(session: Session, { id, app }: Move, now: number): Promise<void> {
  const mine = "(SELECT run FROM backstitch.moving_runs WHERE move = $1)";
  await session.run(`SELECT FROM backstitch.runs WHERE n IN ${mine} ORDER BY id FOR UPDATE`, id);
  for (const table of ["mail", "waits", "pieces", "transactions"]) {
    await session.run(`DELETE FROM backstitch.${table} WHERE run IN ${mine}`, id);
  }
  await session.run(
    `UPDATE backstitch.runs SET status = 'moved', frame = NULL, wake_at = NULL, unread = 0, updated_at = $2, ended_at = $2
     WHERE n IN ${mine}`,
    id,
    now,
  );
  await session.run(removeQueued, id);
  await session.run("DELETE FROM backstitch.states WHERE app = $1", app);
  await forget(session, id);
  await session.run("UPDATE backstitch.moves SET state = 'over' WHERE id = $1 AND way = 'out'", id);
}

/** Its runs go on, and its events are to be routed. */
export async function letGo(session: Session, { id, app }: Move, now: number): Promise<void> {
  await session.run(
    `UPDATE backstitch.runs AS r SET status = m.status,
       wake_at = CASE WHEN m.status = 'running' AND r.unread > 0 THEN least(r.wake_at, $2) ELSE r.wake_at END
     FROM backstitch.moving_runs AS m WHERE m.run = r.n AND m.move = $1`,
    id,
    now,
  );
  await session.run(
    `INSERT INTO backstitch.outbox (app, received_at, n, id) SELECT e.app, e.received_at, e.n, e.id
     FROM backstitch.moving_events AS q JOIN backstitch.events AS e ON e.app = q.app AND e.id = q.id WHERE q.move = $1`,
    id,
  );
  await forget(session, id);
  session.wake(app);
}

/** Events of a move that are still to be routed. */
export const removeQueued = `
  DELETE FROM backstitch.events AS e USING backstitch.moving_events AS q
  WHERE q.move = $1 AND e.app = q.app AND e.id = q.id`;

/** Nothing of it is held up any more. */
export async function forget(session: Session, move: string): Promise<void> {
  await session.run("DELETE FROM backstitch.moving_runs WHERE move = $1", move);
  await session.run("DELETE FROM backstitch.moving_events WHERE move = $1", move);
}
