/** What decides on runs to come. A change says what it was decided upon, and is refused when that is there no more. */
import type { StateChange, StateKey, StoredEvent, StoredState } from "../../store.ts";
import { type NamedRunRow, toJoinedRun } from "../rows.ts";
import { refuseGone } from "./away.ts";
import { columns, type Database, indexable, type Session } from "./database.ts";
import { putEvents } from "./events.ts";

/** So many states that are over are removed with each change. */
const removedAtOnce = 20;

/** Thrown in a transaction, which is given up by it: a state is not what its change was decided upon. */
export class Conflict extends Error {}

/** Answers "conflict", with nothing written, when `work` throws one. */
export async function unlessConflict<T>(db: Database, work: (session: Session) => Promise<T>): Promise<T | "conflict"> {
  try {
    return await db.transaction(work);
  } catch (error) {
    if (error instanceof Conflict) return "conflict";
    throw error;
  }
}

interface StateRow extends NamedRunRow {
  readonly value: string | null;
  readonly run: string | null;
}

export async function states(db: Session, keys: readonly StateKey[]): Promise<StoredState[]> {
  if (keys.length === 0) return [];
  const rows = await db.all<StateRow>(
    `SELECT s.value, s.run, r.epoch, r.status
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS g (app, function_id, kind, key, place)
     LEFT JOIN backstitch.states AS s
       ON s.app = g.app AND s.function_id = g.function_id AND s.kind = g.kind AND s.key = g.key
     LEFT JOIN backstitch.runs AS r ON r.id = s.run ORDER BY g.place`,
    ...columns(keys.map(toRow), "app", "functionId", "kind", "key"),
  );
  return rows.map(({ value, ...row }, place) => ({
    ...(keys[place] as StateKey),
    ...(value !== null && { value, ...(row.run !== null && { run: toJoinedRun(row.run, row) }) }),
  }));
}

const toRow = <Key extends StateKey>(key: Key): Key => ({ ...key, key: indexable(key.key) });

export function changeStates(
  db: Database,
  changes: readonly StateChange[],
  events: readonly StoredEvent[],
  now: number,
): Promise<"ok" | "conflict"> {
  return unlessConflict(db, async (session) => {
    for (const app of new Set(changes.map((change) => change.app))) {
      await refuseGone(session, db.location, app, "changeStates");
    }
    await putStates(session, changes, now);
    await putEvents(session, events);
    return "ok" as const;
  });
}

/**
 * Within a transaction. A change finds only what it was decided upon: the second of two waits for the first one's
 * transaction, and finds it no more. Two changes of one state go one after the other.
 *
 * @throws Conflict
 */
export async function putStates(db: Session, changes: readonly StateChange[], now: number): Promise<void> {
  // In one order, so that no two transactions wait for each other.
  const sorted = changes.map(toRow).sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  for (const { app, functionId, kind, key, before, after, expiresAt, run } of sorted) {
    const changed =
      before === undefined
        ? await db.run(
            `INSERT INTO backstitch.states (app, function_id, kind, key, value, expires_at, run)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (app, function_id, kind, key) DO NOTHING`,
            ...[app, functionId, kind, key, after, expiresAt ?? null, run ?? null],
          )
        : await db.run(
            `UPDATE backstitch.states SET value = $5, expires_at = $6, run = $7
             WHERE app = $1 AND function_id = $2 AND kind = $3 AND key = $4 AND value = $8`,
            ...[app, functionId, kind, key, after, expiresAt ?? null, run ?? null, before],
          );
    if (changed === 0) throw new Conflict();
  }
  if (changes.length === 0) return;
  await db.run(
    `DELETE FROM backstitch.states WHERE n IN (
       SELECT n FROM backstitch.states WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    now,
    removedAtOnce,
  );
}

const orderOf = ({ app, functionId, kind, key }: StateKey) => JSON.stringify([app, functionId, kind, key]);
