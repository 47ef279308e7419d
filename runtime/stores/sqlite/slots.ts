/** Slots of pools: which ops have them, and which wait. A row is a slot that an op has, or the one that it waits for. */
import type { OpKey, Pool, SlotRequest } from "../../store.ts";
import type { Connection } from "./connection.ts";
import { deliver } from "./mail.ts";

/** An op that has all its slots. Runs are named by their number here. */
interface Served {
  readonly run: number;
  readonly op: number;
}

export function slotsOf(db: Connection, run: number): { op: number; granted: boolean }[] {
  return db
    .all<{ op: number; held: number }>("SELECT op, min(held) AS held FROM slots WHERE run = ? GROUP BY op", run)
    .map(({ op, held }) => ({ op, granted: held === 1 }));
}

/** Answers the ops of the run that have all their slots by it; the others are told. */
export function exchangeSlots(
  db: Connection,
  run: number,
  { giveBack = [], acquire = [] }: { readonly giveBack?: readonly number[]; readonly acquire?: readonly SlotRequest[] },
  now: number,
): number[] {
  const served = giveBack.flatMap((op) =>
    freed(db, db.all<FreedRow>("DELETE FROM slots WHERE run = ? AND op = ? RETURNING pool, held", run, op)),
  );
  for (const request of acquire) served.push(...acquired(db, run, request));
  tell(
    db,
    served.filter((other) => other.run !== run),
    now,
  );
  return served.filter((other) => other.run === run).map(({ op }) => op);
}

/** A run has ended or is blocked. */
export function giveBackAll(db: Connection, run: number, now: number): void {
  tell(db, freed(db, db.all<FreedRow>("DELETE FROM slots WHERE run = ? RETURNING pool, held", run)), now);
}

interface FreedRow {
  readonly pool: string;
  readonly held: number;
}

function freed(db: Connection, rows: readonly FreedRow[]): Served[] {
  return rows.filter(({ held }) => held === 1).flatMap(({ pool }) => serve(db, pool));
}

function acquired(db: Connection, run: number, { op, pools, rank }: SlotRequest): Served[] {
  const asked = db.all<{ held: number | null }>(
    "SELECT min(held) AS held FROM slots WHERE run = ? AND op = ?",
    run,
    op,
  );
  const held = asked[0]?.held ?? null;
  if (held === null) return enter(db, { run, op }, rank, pools);
  return held === 1 ? [{ run, op }] : [];
}

/** The op waits in the first of the pools, and comes to the others once it was served. */
function enter(db: Connection, { run, op }: Served, rank: number, [pool, ...rest]: readonly Pool[]): Served[] {
  if (pool === undefined) return [{ run, op }];
  db.run(
    'INSERT INTO slots (run, op, pool, "limit", rank, held, rest) VALUES (?, ?, ?, ?, ?, 0, ?)',
    ...[run, op, pool.name, pool.limit, rank, JSON.stringify(rest)],
  );
  return serve(db, pool.name, pool.limit);
}

/** @param limit as it is known now; default: the one that the next op came with */
function serve(db: Connection, pool: string, limit?: number): Served[] {
  const served: Served[] = [];
  for (;;) {
    const next = db.first<Served & { n: number; limit: number; rank: number; rest: string }>(
      'SELECT n, run, op, "limit", rank, rest FROM slots WHERE pool = ? AND held = 0 ORDER BY rank, n LIMIT 1',
      pool,
    );
    if (next === undefined || held(db, pool) >= (limit ?? next.limit)) return served;
    db.run("UPDATE slots SET held = 1 WHERE n = ?", next.n);
    served.push(...enter(db, next, next.rank, JSON.parse(next.rest) as Pool[]));
  }
}

function held(db: Connection, pool: string): number {
  return db.first<{ count: number }>("SELECT count(*) AS count FROM slots WHERE pool = ? AND held = 1", pool)
    ?.count as number;
}

function tell(db: Connection, served: readonly Served[], now: number): void {
  for (const { run, op } of served) {
    const key = db.first<Pick<OpKey, "run">>("SELECT id AS run FROM runs WHERE n = ?", run);
    if (key) deliver(db, key.run, { op, kind: "slot", text: null, receivedAt: now });
  }
}
