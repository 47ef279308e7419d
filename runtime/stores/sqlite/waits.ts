/** For what runs wait from outside. `topic` holds kind and name, so that signals and events of one name are apart. */
import type { Met, NewWait, StoredWait, WaitQuery } from "../../store.ts";
import { type OwnWaitRow, toOwnWait, toWait, type WaitRow } from "../rows.ts";
import { refuseAway } from "./away.ts";
import type { Connection } from "./connection.ts";
import { deliver } from "./mail.ts";

const eventTopic = (name: string) => `event:${name}`;
const signalTopic = (name: string) => `signal:${name}`;

/** The run that waits. */
interface Waiting {
  readonly n: number;
  readonly id: string;
  readonly app: string;
}

export function addWaits(db: Connection, run: Waiting, waits: readonly NewWait[], now: number): void {
  for (const wait of waits) {
    if (wait.kind !== "signal") addWait(db, run, wait, eventTopic(wait.name));
    else if (mayWaitForSignal(db, run, wait, now)) addWait(db, run, wait, signalTopic(wait.name));
  }
}

function addWait(db: Connection, { n, app }: Waiting, wait: NewWait, topic: string): void {
  const { op, kind, match, until, filter } = wait;
  db.run(
    "INSERT INTO waits (run, op, app, kind, topic, path, value, until, filter) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    n,
    op,
    app,
    kind,
    topic,
    match?.path ?? "",
    match?.value ?? "",
    until ?? null,
    filter ?? null,
  );
}

/** Of two ops that wait for one signal, one gives way and is told. */
function mayWaitForSignal(db: Connection, run: Waiting, { op, name, onConflict }: NewWait, now: number): boolean {
  const holder = signalHolder(db, run.app, name);
  if (holder === undefined) return true;
  const told = { text: null, receivedAt: now };
  if (onConflict !== "replace") {
    deliver(db, run.id, { ...told, op, kind: "conflict" });
    return false;
  }
  removeWait(db, holder);
  deliver(db, holder.run, { ...told, op: holder.op, kind: "replaced" });
  return true;
}

/** As they were given, but for signals that others waited for. */
export function waitsOf(db: Connection, run: number): NewWait[] {
  return db
    .all<OwnWaitRow>(
      `SELECT op, kind, substr(topic, instr(topic, ':') + 1) AS name, path, value, until, filter
       FROM waits WHERE run = ? ORDER BY op`,
      run,
    )
    .map(toOwnWait);
}

export function removeWaits(db: Connection, run: number, ops: readonly number[]): void {
  for (const op of ops) db.run("DELETE FROM waits WHERE run = ? AND op = ?", run, op);
}

/** Answers whether it was still there. Its number alone may be that of a later wait: SQLite gives the greatest again. */
function removeWait(db: Connection, { id, run, op }: Pick<StoredWait, "id" | "run" | "op">): boolean {
  const sql = "DELETE FROM waits WHERE n = ? AND op = ? AND run = (SELECT n FROM runs WHERE id = ?)";
  return db.run(sql, id, op, run) > 0;
}

export function meet(db: Connection, met: readonly Met[], now: number): void {
  for (const { wait, text } of met) {
    const { run, op, kind } = wait;
    if (removeWait(db, wait)) deliver(db, run, { op, kind, text, receivedAt: now });
  }
}

/** One jump in the index per path. */
export function waitPaths(db: Connection, app: string, name: string): string[] {
  const found: string[] = [];
  const first = "SELECT path FROM waits WHERE app = ? AND topic = ? ORDER BY path LIMIT 1";
  let row = db.first<{ path: string }>(first, app, eventTopic(name));
  while (row) {
    found.push(row.path);
    const next = "SELECT path FROM waits WHERE app = ? AND topic = ? AND path > ? ORDER BY path LIMIT 1";
    row = db.first<{ path: string }>(next, app, eventTopic(name), row.path);
  }
  return found;
}

export function waitsFor(db: Connection, { app, name, match, after = 0, limit }: WaitQuery): StoredWait[] {
  return db
    .all<WaitRow>(
      `SELECT w.n AS id, r.id AS run, w.op, w.kind, w.until, w.filter
       FROM waits AS w CROSS JOIN runs AS r ON r.n = w.run
       WHERE w.app = ? AND w.topic = ? AND w.path = ? AND w.value = ? AND w.n > ? ORDER BY w.n LIMIT ?`,
      app,
      eventTopic(name),
      match?.path ?? "",
      match?.value ?? "",
      after,
      limit,
    )
    .map(toWait);
}

/** Gives the run that waited for it. */
export function signal(db: Connection, app: string, name: string, text: string, now: number): string | undefined {
  return db.transaction(() => {
    refuseAway(db, app, "signal");
    return sendSignal(db, app, name, text, now);
  });
}

/** Within a transaction. Gives the run that waited for it. */
export function sendSignal(db: Connection, app: string, name: string, text: string, now: number): string | undefined {
  const holder = signalHolder(db, app, name);
  if (holder === undefined) return undefined;
  removeWait(db, holder);
  deliver(db, holder.run, { op: holder.op, kind: "signal", text, receivedAt: now });
  return holder.run;
}

function signalHolder(db: Connection, app: string, name: string): { id: number; run: string; op: number } | undefined {
  return db.first<{ id: number; run: string; op: number }>(
    `SELECT w.n AS id, r.id AS run, w.op FROM waits AS w CROSS JOIN runs AS r ON r.n = w.run
     WHERE w.app = ? AND w.topic = ? AND w.path = '' AND w.value = '' ORDER BY w.n LIMIT 1`,
    app,
    signalTopic(name),
  );
}
