/** What comes for a run from outside, until the run has read it. */
import type { Mail } from "../../store.ts";
import type { Connection } from "./connection.ts";

/** Puts mail on a run that has not ended, and makes it due. Mail for any other is dropped. */
export function deliver(db: Connection, run: string, mail: Omit<Mail, "seq">): boolean {
  const { receivedAt } = mail;
  const row = db.first<{ n: number; seq: number }>(
    `UPDATE runs SET mailed = mailed + 1, unread = unread + 1, wake_at = iif(status = 'running', ?, wake_at)
     WHERE id = ? AND ended_at IS NULL RETURNING n, mailed AS seq`,
    receivedAt,
    run,
  );
  if (row === undefined) return false;
  putMail(db, row.n, { ...mail, seq: row.seq });
  return true;
}

/** Writes it only: the row of the run counts it. */
export function putMail(db: Connection, run: number, { seq, op, kind, receivedAt, from, text }: Mail): void {
  db.run(
    "INSERT INTO mail (run, seq, op, kind, received_at, sender, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
    run,
    seq,
    op,
    kind,
    receivedAt,
    from ?? null,
    text,
  );
}

/** Takes away what a run has read. Its row counts what is left. */
export function consume(db: Connection, run: number, read: readonly number[]): void {
  for (const seq of read) db.run("DELETE FROM mail WHERE run = ? AND seq = ?", run, seq);
}

/** A run has ended: nothing is delivered to it any more. */
export function discard(db: Connection, run: number): void {
  db.run("DELETE FROM mail WHERE run = ?", run);
  db.run("DELETE FROM waits WHERE run = ?", run);
}

export function mailOf(db: Connection, run: number): Mail[] {
  return db
    .all<Omit<Mail, "from"> & { readonly sender: string | null }>(
      `SELECT seq, op, kind, text, received_at AS "receivedAt", sender FROM mail WHERE run = ? ORDER BY seq`,
      run,
    )
    .map(({ sender, ...mail }) => (sender === null ? mail : { ...mail, from: sender }));
}

export function unreadMail(db: Connection, app: string, worker: string): { run: string; mail: Mail[] }[] {
  return db
    .all<{ n: number; id: string }>(
      "SELECT n, id FROM runs WHERE app = ? AND lease_owner = ? AND unread > 0",
      app,
      worker,
    )
    .map(({ n, id }) => ({ run: id, mail: mailOf(db, n) }));
}
