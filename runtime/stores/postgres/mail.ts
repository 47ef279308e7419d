/** What comes for a run from outside, until the run has read it. */
import type { Mail } from "../../store.ts";
import { columns, grouped, type Session } from "./database.ts";

/** Mail for a run, which is named by its id. */
export interface Delivery extends Omit<Mail, "seq"> {
  readonly run: string;
}

/**
 * Locks runs, so that transactions which change several of them do so in one order. Whoever takes the rows that hang on a
 * run (waits, mail, states) has locked the run before.
 */
export async function lockRuns(db: Session, runs: readonly string[]): Promise<void> {
  if (runs.length === 0) return;
  await db.run("SELECT FROM backstitch.runs WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE", runs);
}

/**
 * Puts mail on runs that have not ended, and makes them due; mail for any other is dropped. The row of the run counts what
 * is unread, and the commit that parks a run reads that count from the row that it locks: so no wake-up is lost.
 */
export async function deliver(db: Session, mail: readonly Delivery[]): Promise<void> {
  if (mail.length === 0) return;
  const rows = await db.all<{ app: string }>(
    `WITH given AS (
       SELECT *, row_number() OVER (PARTITION BY run ORDER BY place) AS nth FROM
         unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[])
         WITH ORDINALITY AS g (run, op, kind, text, received_at, sender, place)),
     counted AS (SELECT run, count(*) AS mails, max(received_at) AS received_at FROM given GROUP BY run),
     held AS (SELECT n, id FROM backstitch.runs WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE),
     told AS (
       UPDATE backstitch.runs AS r SET mailed = r.mailed + c.mails, unread = r.unread + c.mails,
         wake_at = CASE WHEN r.status = 'running' THEN c.received_at ELSE r.wake_at END
       FROM held AS h JOIN counted AS c ON c.run = h.id WHERE r.n = h.n AND r.ended_at IS NULL
       RETURNING r.n, r.id, r.app, r.mailed - c.mails AS before),
     put AS (
       INSERT INTO backstitch.mail (run, seq, op, kind, received_at, sender, text)
       SELECT t.n, t.before + g.nth, g.op, g.kind, g.received_at, g.sender, g.text FROM given AS g JOIN told AS t ON t.id = g.run)
     SELECT DISTINCT app FROM told`,
    ...columns(mail, "run", "op", "kind", "text", "receivedAt", "from"),
  );
  db.wake(...rows.map(({ app }) => app));
}

/** Writes it only: the row of the run counts it. */
export async function putMail(db: Session, run: number, mail: readonly Mail[]): Promise<void> {
  if (mail.length === 0) return;
  await db.run(
    `INSERT INTO backstitch.mail (run, seq, op, kind, text, received_at, sender)
     SELECT $1::bigint, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[])`,
    run,
    ...columns(mail, "seq", "op", "kind", "text", "receivedAt", "from"),
  );
}

interface MailRow extends Omit<Mail, "from"> {
  readonly sender: string | null;
}

const mailColumns = `m.seq, m.op, m.kind, m.text, m.received_at AS "receivedAt", m.sender`;

function toMail<Row extends MailRow>({ seq, op, kind, text, receivedAt, sender }: Row): Mail {
  return { seq, op, kind, text, receivedAt, ...(sender !== null && { from: sender }) };
}

/** By the number of the run. */
export async function mailOf(db: Session, runs: readonly number[]): Promise<Map<number, Mail[]>> {
  const rows = await db.all<MailRow & { readonly run: number }>(
    `SELECT m.run, ${mailColumns} FROM backstitch.mail AS m WHERE m.run = ANY($1::bigint[]) ORDER BY m.run, m.seq`,
    runs,
  );
  return new Map([...grouped(rows, ({ run }) => run)].map(([run, own]) => [run, own.map(toMail)]));
}

export async function unreadMail(db: Session, app: string, worker: string): Promise<{ run: string; mail: Mail[] }[]> {
  const rows = await db.all<MailRow & { readonly id: string }>(
    `SELECT r.id, ${mailColumns} FROM backstitch.runs AS r JOIN backstitch.mail AS m ON m.run = r.n
     WHERE r.app = $1 AND r.lease_owner = $2 AND r.unread > 0 ORDER BY r.id, m.seq`,
    app,
    worker,
  );
  return [...grouped(rows, ({ id }) => id)].map(([run, own]) => ({ run, mail: own.map(toMail) }));
}
