/**
 * Slots of pools: which ops have them, and which wait. A row is a slot that an op has, or the one that it waits for.
 *
 * Who changes slots holds the one lock of them, and has taken it before any run: who is served next depends on what others
 * have, and a slot that is served may be that of a run which another worker holds.
 */
import type { Pool, SlotRequest } from "../../store.ts";
import { grouped, indexable, type Session } from "./database.ts";
import type { Delivery } from "./mail.ts";

/** An op that has all its slots. Runs are named by their number here. */
interface Served {
  readonly run: number;
  readonly op: number;
}

export async function lockSlots(db: Session): Promise<void> {
  await db.run("SELECT FROM backstitch.locks WHERE name = 'slots' FOR UPDATE");
}

/** Whether any of these runs, named by their ids, has slots or waits for them. */
export async function haveSlots(db: Session, runs: readonly string[]): Promise<boolean> {
  if (runs.length === 0) return false;
  const rows = await db.all(
    `SELECT FROM backstitch.slots AS s JOIN backstitch.runs AS r ON r.n = s.run WHERE r.id = ANY($1::text[]) LIMIT 1`,
    runs,
  );
  return rows.length > 0;
}

/** Of each run, by its number. */
export async function slotsOf(
  db: Session,
  runs: readonly number[],
): Promise<Map<number, { op: number; granted: boolean }[]>> {
  const rows = await db.all<{ run: number; op: number; granted: boolean }>(
    `SELECT run, op, bool_and(held) AS granted FROM backstitch.slots WHERE run = ANY($1::bigint[])
     GROUP BY run, op ORDER BY run, op`,
    runs,
  );
  const byRun = grouped(rows, ({ run }) => run);
  return new Map([...byRun].map(([run, own]) => [run, own.map(({ op, granted }) => ({ op, granted }))]));
}

/** What a commit exchanges. */
interface Exchange {
  readonly giveBack?: readonly number[];
  readonly acquire?: readonly SlotRequest[];
  readonly now: number;
}

/** Answers the ops of the run that have all their slots by it, and what the others are told. */
export async function exchangeSlots(
  db: Session,
  run: number,
  { giveBack = [], acquire = [], now }: Exchange,
): Promise<{ granted: number[]; told: Delivery[] }> {
  const served: Served[] = [];
  if (giveBack.length > 0) {
    const given = await db.all<FreedRow>(
      "DELETE FROM backstitch.slots WHERE run = $1 AND op = ANY($2::bigint[]) RETURNING pool, held",
      run,
      giveBack,
    );
    served.push(...(await freed(db, given)));
  }
  for (const request of acquire) served.push(...(await acquired(db, run, request)));
  return {
    granted: served.filter((other) => other.run === run).map(({ op }) => op),
    told: await tell(
      db,
      served.filter((other) => other.run !== run),
      now,
    ),
  };
}

/** Runs have ended or are blocked. Answers what others are told. */
export async function giveBackAll(db: Session, runs: readonly number[], now: number): Promise<Delivery[]> {
  if (runs.length === 0) return [];
  const given = await db.all<FreedRow>(
    "DELETE FROM backstitch.slots WHERE run = ANY($1::bigint[]) RETURNING pool, held",
    runs,
  );
  return tell(db, await freed(db, given), now);
}

interface FreedRow {
  readonly pool: string;
  readonly held: boolean;
}

async function freed(db: Session, rows: readonly FreedRow[]): Promise<Served[]> {
  const served: Served[] = [];
  for (const pool of new Set(rows.filter(({ held }) => held).map(({ pool }) => pool))) {
    served.push(...(await serve(db, pool)));
  }
  return served;
}

async function acquired(db: Session, run: number, { op, pools, rank }: SlotRequest): Promise<Served[]> {
  const [asked] = await db.all<{ held: boolean | null }>(
    "SELECT bool_and(held) AS held FROM backstitch.slots WHERE run = $1 AND op = $2",
    run,
    op,
  );
  const held = asked?.held ?? null;
  if (held === null) return enter(db, { run, op }, rank, pools);
  return held ? [{ run, op }] : [];
}

/** The op waits in the first of the pools, and comes to the others once it was served. */
async function enter(
  db: Session,
  { run, op }: Served,
  rank: number,
  [pool, ...rest]: readonly Pool[],
): Promise<Served[]> {
  if (pool === undefined) return [{ run, op }];
  const name = indexable(pool.name);
  await db.run(
    `INSERT INTO backstitch.slots (run, op, pool, "limit", rank, held, rest) VALUES ($1, $2, $3, $4, $5, false, $6)`,
    ...[run, op, name, pool.limit, rank, JSON.stringify(rest)],
  );
  return serve(db, name, pool.limit);
}

/** @param limit as it is known now; default: the one that the next op came with */
async function serve(db: Session, pool: string, limit?: number): Promise<Served[]> {
  const served: Served[] = [];
  for (;;) {
    const [next] = await db.all<Served & { rank: number; rest: string }>(
      `UPDATE backstitch.slots AS s SET held = true FROM (
         SELECT n, "limit" FROM backstitch.slots WHERE pool = $1 AND NOT held ORDER BY rank, n LIMIT 1) AS next
       WHERE s.n = next.n AND coalesce($2, next."limit") > (SELECT count(*) FROM backstitch.slots WHERE pool = $1 AND held)
       RETURNING s.run, s.op, s.rank, s.rest`,
      pool,
      limit ?? null,
    );
    if (next === undefined) return served;
    served.push(...(await enter(db, next, next.rank, JSON.parse(next.rest) as Pool[])));
  }
}

async function tell(db: Session, served: readonly Served[], receivedAt: number): Promise<Delivery[]> {
  if (served.length === 0) return [];
  const rows = await db.all<{ n: number; id: string }>(
    "SELECT n, id FROM backstitch.runs WHERE n = ANY($1::bigint[])",
    served.map(({ run }) => run),
  );
  const ids = new Map(rows.map(({ n, id }) => [n, id]));
  return served.flatMap(({ run, op }) => {
    const id = ids.get(run);
    return id === undefined ? [] : [{ run: id, op, kind: "slot" as const, text: null, receivedAt }];
  });
}
