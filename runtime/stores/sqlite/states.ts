/** What decides on runs to come. A change says what it was decided upon, and is refused when that is there no more. */
import type { StateChange, StateKey, StoredEvent, StoredState } from "../../store.ts";
import { type NamedRunRow, toJoinedRun } from "../rows.ts";
import { refuseGone } from "./away.ts";
import type { Connection } from "./connection.ts";
import { insertEvents } from "./events.ts";

/** So many states that are over are removed with each change. */
const removedAtOnce = 20;

interface StateRow extends NamedRunRow {
  readonly value: string;
  readonly run: string | null;
}

export function states(db: Connection, keys: readonly StateKey[]): StoredState[] {
  return keys.map((key) => {
    const { app, functionId, kind, key: name } = key;
    const row = db.first<StateRow>(
      `SELECT s.value, s.run, r.epoch, r.status FROM states AS s LEFT JOIN runs AS r ON r.id = s.run
       WHERE s.app = ? AND s.function_id = ? AND s.kind = ? AND s.key = ?`,
      ...[app, functionId, kind, name],
    );
    return { ...key, ...(row && { value: row.value, ...(row.run !== null && { run: toJoinedRun(row.run, row) }) }) };
  });
}

export function changeStates(
  db: Connection,
  changes: readonly StateChange[],
  events: readonly StoredEvent[],
  now: number,
): "ok" | "conflict" {
  return db.transaction(() => {
    for (const app of new Set(changes.map((change) => change.app))) refuseGone(db, app, "changeStates");
    if (!allHold(db, changes)) return "conflict";
    putStates(db, changes, now);
    insertEvents(db, events);
    return "ok";
  });
}

/** Whether all states are what the changes were decided upon. Within a transaction. */
export function allHold(db: Connection, changes: readonly StateChange[]): boolean {
  return changes.every(({ app, functionId, kind, key, before }) => {
    const row = db.first<{ value: string }>(
      "SELECT value FROM states WHERE app = ? AND function_id = ? AND kind = ? AND key = ?",
      ...[app, functionId, kind, key],
    );
    return row?.value === before;
  });
}

/** Within a transaction. */
export function putStates(db: Connection, changes: readonly StateChange[], now: number): void {
  for (const { app, functionId, kind, key, after, expiresAt, run } of changes) {
    db.run(
      `INSERT OR REPLACE INTO states (app, function_id, kind, key, value, expires_at, run)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[app, functionId, kind, key, after, expiresAt ?? null, run ?? null],
    );
  }
  if (changes.length === 0) return;
  db.run(
    `DELETE FROM states WHERE n IN (SELECT n FROM states WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`,
    now,
    removedAtOnce,
  );
}

/** A run has ended: nothing is decided by it any more. */
export function forgetRun(db: Connection, run: string): void {
  db.run("DELETE FROM states WHERE run = ?", run);
}
