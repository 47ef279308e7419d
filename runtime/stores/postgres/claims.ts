/** Who works on a run: claims, leases, and when the next run is due. */
import type { Claim, ClaimRequest } from "../../store.ts";
import { isAway } from "../moved-rows.ts";
import { type EventRow, eventColumns, type OriginRow, originColumns, toEvent, withOrigin } from "../rows.ts";
import { isHome, moveAway } from "./away.ts";
import { columns, type Database, type Session } from "./database.ts";
import { joinedEvents } from "./events.ts";
import { mailOf } from "./mail.ts";
import { piecesOf } from "./pieces.ts";
import { slotsOf } from "./slots.ts";

/**
 * Takes runs that others are not taking at this moment. For each function the first ones that are due are looked at, so that
 * a backlog is never walked through, and some more than are wanted, because other workers look at the same.
 */
const claimRuns = `
  WITH seen AS MATERIALIZED (
    SELECT f.n FROM unnest($2::text[]) AS g (function_id) CROSS JOIN LATERAL (
      SELECT r.n FROM backstitch.runs AS r
      WHERE r.app = $1 AND r.function_id = g.function_id AND r.free_at <= $3
      ORDER BY r.free_at, r.id LIMIT $4 * 2 + 50 + cardinality($8::text[])) AS f
    UNION ALL
    SELECT r.n FROM backstitch.runs AS r
    WHERE r.app = $1 AND r.lease_until < $3 AND r.function_id = ANY($2::text[])),
  due AS (
    SELECT r.n, row_number() OVER () AS place FROM (
      SELECT r.n FROM backstitch.runs AS r
      WHERE r.n = ANY(ARRAY(SELECT n FROM seen)) AND r.status = 'running' AND r.wake_at <= $3 AND r.id <> ALL($8::text[])
        AND (r.lease_owner IS NULL OR (r.lease_until < $3 AND r.lease_owner <> $5))
        AND ${isHome("$1")}
      ORDER BY r.wake_at, r.id LIMIT $4 FOR UPDATE SKIP LOCKED) AS r),
  taken AS (
    UPDATE backstitch.runs AS r SET epoch = r.epoch + 1, lost_claims = r.lost_claims + (r.lease_owner IS NOT NULL)::int,
      lease_owner = $5, lease_until = $3 + $6, lease_call = $7
    FROM due WHERE r.n = due.n RETURNING r.*, due.place)
  SELECT r.n, r.id AS run, r.function_id AS "functionId", r.epoch, r.seq, r.frame, r.lost_claims AS "lostClaims",
    r.created_at AS "createdAt", r.unread, r.has_pieces AS "hasPieces", ${originColumns}, ${eventColumns},
    EXISTS (SELECT FROM backstitch.slots AS s WHERE s.run = r.n) AS "hasSlots",
    EXISTS (SELECT FROM backstitch.joined AS j WHERE j.run = r.n) AS "isJoined"
  FROM taken AS r LEFT JOIN backstitch.events AS e ON e.app = r.app AND e.id = r.event_id ORDER BY r.place`;

type ClaimRow = Omit<Claim, "event" | "events" | "mail" | "slots" | "origin" | "pieces"> &
  EventRow &
  OriginRow & {
    readonly n: number;
    readonly unread: number;
    readonly hasPieces: boolean;
    readonly hasSlots: boolean;
    readonly isJoined: boolean;
  };

/** @param call names this call among those of the worker */
export async function claim(db: Session, request: ClaimRequest, call: number): Promise<Claim[]> {
  const { app, worker, functions, except = [], limit, now, leaseMs } = request;
  if (limit === 0 || functions.length === 0) return [];
  const asked = [app, [...new Set(functions)], now, limit, worker, leaseMs, call, except] as const;
  const rows = await db.all<ClaimRow>(claimRuns, ...asked);
  const numbersOf = (holds: (row: ClaimRow) => boolean) => rows.filter(holds).map(({ n }) => n);
  const [mail, slots, joined, pieces] = await Promise.all([
    found(
      numbersOf(({ unread }) => unread > 0),
      (runs) => mailOf(db, runs),
    ),
    found(
      numbersOf(({ hasSlots }) => hasSlots),
      (runs) => slotsOf(db, runs),
    ),
    found(
      numbersOf(({ isJoined }) => isJoined),
      (runs) => joinedEvents(db, runs),
    ),
    found(
      numbersOf(({ hasPieces }) => hasPieces),
      (runs) => piecesOf(db, runs),
    ),
  ]);
  return rows.map((row) => {
    const { n, run, functionId, epoch, seq, frame, lostClaims, createdAt } = row;
    if (row.eventId === null) throw new Error(`the event of run "${run}" is missing from the database`);
    const event = toEvent(row);
    const [others, own, parts] = [joined.get(n), slots.get(n), pieces.get(n)];
    const claimed = { run, functionId, epoch, seq, frame, event, lostClaims, createdAt, mail: mail.get(n) ?? [] };
    return {
      ...withOrigin(claimed, row),
      ...(others && { events: [event, ...others] }),
      ...(own && { slots: own }),
      ...(parts && { pieces: parts }),
    };
  });
}

async function found<Value>(
  runs: readonly number[],
  find: (runs: readonly number[]) => Promise<Map<number, Value>>,
): Promise<Map<number, Value>> {
  return runs.length === 0 ? new Map() : find(runs);
}

/** Gives back what these calls have claimed: the worker was not told of it. */
export async function giveBackClaims(
  db: Session,
  worker: string,
  app: string,
  calls: readonly number[],
): Promise<void> {
  await db.run(
    `UPDATE backstitch.runs SET lease_owner = NULL, lease_until = NULL
     WHERE app = $1 AND lease_owner = $2 AND lease_call = ANY($3::bigint[])`,
    app,
    worker,
    calls,
  );
}

export async function renew(
  db: Session,
  held: readonly { run: string; epoch: number }[],
  now: number,
  leaseMs: number,
): Promise<string[]> {
  if (held.length === 0) return [];
  const rows = await db.all<{ run: string }>(
    `WITH given AS (SELECT * FROM unnest($1::text[], $2::bigint[]) AS g (run, epoch)),
     held AS (SELECT n, id, epoch, lease_owner FROM backstitch.runs WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE),
     mine AS MATERIALIZED (SELECT h.n FROM held AS h JOIN given AS g ON g.run = h.id
       WHERE h.epoch = g.epoch AND h.lease_owner IS NOT NULL),
     renewed AS (UPDATE backstitch.runs AS r SET lease_until = $3 FROM mine WHERE r.n = mine.n)
     SELECT g.run FROM given AS g LEFT JOIN held AS h ON h.id = g.run WHERE h.epoch IS DISTINCT FROM g.epoch`,
    ...columns(held, "run", "epoch"),
    now + leaseMs,
  );
  return rows.map(({ run }) => run);
}

export async function nextWake(db: Database, app: string, functions: readonly string[]): Promise<number | undefined> {
  const [row] = await db.all<{ wakeAt: number | null; away: string | null }>(
    `SELECT min(f.free_at) AS "wakeAt", (${moveAway("$1")}) AS away FROM unnest($2::text[]) AS g (function_id) CROSS JOIN LATERAL (
       SELECT r.free_at FROM backstitch.runs AS r
       WHERE r.app = $1 AND r.function_id = g.function_id AND r.free_at IS NOT NULL ORDER BY r.free_at LIMIT 1) AS f`,
    app,
    functions,
  );
  if (row && row.away !== null) throw isAway(app, row.away, { location: db.location, operation: "nextWake" });
  return row?.wakeAt ?? undefined;
}
