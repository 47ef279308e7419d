/** Who works on a run: claims, leases, and when the next run is due. */
import type { Claim, ClaimRequest } from "../../store.ts";
import { type EventRow, eventColumns, type OriginRow, originColumns, toEvent, withOrigin } from "../rows.ts";
import { isKnownDead } from "../worker-identity.ts";
import { awayBy, refuseAway } from "./away.ts";
import type { Connection } from "./connection.ts";
import { joinedEvents } from "./events.ts";
import { mailOf } from "./mail.ts";
import { piecesOf } from "./pieces.ts";
import { slotsOf } from "./slots.ts";

interface Candidate {
  readonly id: string;
  readonly wakeAt: number;
}

/** Most runs that are due are free; those of other holders are looked at too, because a crash leaves runs leased. */
export function claim(db: Connection, request: ClaimRequest): Claim[] {
  // An idle worker asks often: it must not take the write lock for nothing.
  if (dueRuns(db, request).length === 0) return [];
  // A crash of the machine that undoes a claim ends its worker as well; what the worker commits waits for the disk.
  return db.relaxed(() => {
    if (awayBy(db, request.app) !== undefined) return [];
    return dueRuns(db, request).map((run) => take(db, run.id, request));
  });
}

export function renew(
  db: Connection,
  held: readonly { run: string; epoch: number }[],
  now: number,
  leaseMs: number,
): string[] {
  if (held.length === 0) return [];
  return db.relaxed(() => {
    const lost: string[] = [];
    for (const { run, epoch } of held) {
      const row = db.first<{ epoch: number }>("SELECT epoch FROM runs WHERE id = ?", run);
      if (row?.epoch !== epoch) lost.push(run);
      else db.run("UPDATE runs SET lease_until = ? WHERE id = ? AND lease_owner IS NOT NULL", now + leaseMs, run);
    }
    return lost;
  });
}

export function nextWake(db: Connection, app: string, functions: readonly string[]): number | undefined {
  refuseAway(db, app, "nextWake");
  let next: number | undefined;
  for (const functionId of functions) {
    const row = db.first<{ wakeAt: number }>(
      `SELECT wake_at AS "wakeAt" FROM runs
       WHERE status = 'running' AND lease_owner IS NULL AND wake_at IS NOT NULL AND app = ? AND function_id = ?
       ORDER BY wake_at LIMIT 1`,
      app,
      functionId,
    );
    if (row && (next === undefined || row.wakeAt < next)) next = row.wakeAt;
  }
  return next;
}

function dueRuns(db: Connection, request: ClaimRequest): Candidate[] {
  return [...freeRuns(db, request), ...abandonedRuns(db, request)]
    .filter(({ id }) => !request.except?.includes(id))
    .sort((a, b) => a.wakeAt - b.wakeAt || (a.id < b.id ? -1 : 1))
    .slice(0, request.limit);
}

/** Asked for each function, so that a backlog of runs which this worker cannot execute is never walked through. */
function freeRuns(db: Connection, { app, functions, now, limit, except = [] }: ClaimRequest): Candidate[] {
  return [...new Set(functions)].flatMap((functionId) =>
    db.all<Candidate>(
      `SELECT id, wake_at AS "wakeAt" FROM runs
       WHERE status = 'running' AND lease_owner IS NULL AND app = ? AND function_id = ? AND wake_at <= ?
       ORDER BY wake_at, id LIMIT ?`,
      app,
      functionId,
      now,
      limit + except.length,
    ),
  );
}

/** Due runs whose holder is dead or has let its lease run out: at most what crashed workers had in flight. */
function abandonedRuns(db: Connection, { app, worker, functions, now }: ClaimRequest): Candidate[] {
  const found: Candidate[] = [];
  for (const holder of holders(db, app)) {
    if (holder === worker) continue;
    const leaseEndsBefore = isKnownDead(holder) ? Number.MAX_SAFE_INTEGER : now;
    const rows = db.all<Candidate & { functionId: string }>(
      `SELECT id, function_id AS "functionId", wake_at AS "wakeAt" FROM runs
       WHERE app = ? AND lease_owner = ? AND lease_until < ? AND wake_at <= ?`,
      app,
      holder,
      leaseEndsBefore,
      now,
    );
    found.push(...rows.filter((run) => functions.includes(run.functionId)));
  }
  return found;
}

/** Each worker that holds a lease, once: one jump in the index per worker. */
function holders(db: Connection, app: string): string[] {
  const found: string[] = [];
  for (;;) {
    const row = db.first<{ holder: string }>(
      `SELECT lease_owner AS holder FROM runs WHERE app = ? AND lease_owner > ? ORDER BY lease_owner LIMIT 1`,
      app,
      found.at(-1) ?? "",
    );
    if (!row) return found;
    found.push(row.holder);
  }
}

function take(db: Connection, run: string, { worker, now, leaseMs }: ClaimRequest): Claim {
  db.run(
    `UPDATE runs SET epoch = epoch + 1, lost_claims = lost_claims + (lease_owner IS NOT NULL),
       lease_owner = ?, lease_until = ? WHERE id = ?`,
    worker,
    now + leaseMs,
    run,
  );
  const row = db.first<ClaimRow>(
    `SELECT r.n, r.function_id AS "functionId", r.epoch, r.seq, r.frame, r.lost_claims AS "lostClaims",
       r.created_at AS "createdAt", r.unread, r.has_pieces AS "hasPieces",
       r.parent_run AS "waiterRun", r.parent_op AS "waiterOp",
       EXISTS (SELECT 1 FROM joined AS j WHERE j.run = r.n) AS "isJoined",
       EXISTS (SELECT 1 FROM slots AS s WHERE s.run = r.n) AS "hasSlots", ${originColumns}, ${eventColumns}
     FROM runs AS r CROSS JOIN events AS e ON e.app = r.app AND e.id = r.event_id WHERE r.id = ?`,
    run,
  );
  if (!row) throw new Error(`the event of run "${run}" is missing from the database`);
  const { n, functionId, epoch, seq, frame, lostClaims, createdAt, waiterRun, waiterOp, hasPieces, hasSlots } = row;
  const mail = row.unread > 0 ? mailOf(db, n) : [];
  const slots = hasSlots ? slotsOf(db, n) : [];
  const event = toEvent(row);
  const joined = row.isJoined ? joinedEvents(db, n, event.app) : [];
  const waiter = { parentRun: waiterRun, parentOp: waiterOp };
  db.held.set(run, { n, id: run, seq, app: event.app, hasPieces, hasSlots, ...waiter });
  const claimed = { run, functionId, epoch, seq, frame, event, lostClaims, createdAt, mail };
  return {
    ...withOrigin(claimed, row),
    ...(joined.length > 0 && { events: [event, ...joined] }),
    ...(slots.length > 0 && { slots }),
    ...(hasPieces && { pieces: piecesOf(db, n) }),
  };
}

type ClaimRow = Omit<Claim, "run" | "event" | "events" | "mail" | "slots" | "origin" | "pieces"> &
  EventRow &
  OriginRow & {
    readonly n: number;
    readonly unread: number;
    readonly hasPieces: number;
    readonly isJoined: number;
    readonly hasSlots: number;
    readonly waiterRun: string | null;
    readonly waiterOp: number;
  };
