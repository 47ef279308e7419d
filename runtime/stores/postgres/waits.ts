/** What runs wait for: signals and events by name, told apart by a prefix of the topic. */
import type { NewWait, StoredWait, WaitQuery } from "../../store.ts";
import { type OwnWaitRow, toOwnWait, toWait, type WaitRow } from "../rows.ts";
import { columns, grouped, indexable, type Session } from "./database.ts";
import { type Delivery, deliver } from "./mail.ts";

const eventTopic = (name: string) => indexable(`event:${name}`);
const signalTopic = (name: string) => indexable(`signal:${name}`);

/** The run that waits. */
interface Waiting {
  readonly n: number;
  readonly id: string;
  readonly app: string;
}

/** A wait of a run, when it began. */
export interface OwnWait {
  readonly run: Waiting;
  readonly wait: NewWait;
  readonly now: number;
}

/** Answers what is to be told: of two ops that wait for one signal, one gives way. */
export async function addWaits(db: Session, waits: readonly OwnWait[]): Promise<Delivery[]> {
  await insertWaits(
    db,
    waits.filter(({ wait }) => wait.kind !== "signal"),
  );
  const told: Delivery[] = [];
  for (const own of waits) if (own.wait.kind === "signal") told.push(...(await waitForSignal(db, own)));
  return told;
}

/** Answers how many were inserted. */
async function insertWaits(db: Session, waits: readonly OwnWait[]): Promise<number> {
  if (waits.length === 0) return 0;
  const rows = waits.map(({ run, wait: { match, name, kind, ...wait } }) => ({
    ...wait,
    kind,
    name,
    run: run.n,
    app: run.app,
    topic: kind === "signal" ? signalTopic(name) : eventTopic(name),
    path: match?.path ?? "",
    value: match?.value ?? "",
    valueKey: indexable(match?.value ?? ""),
  }));
  return db.run(
    `INSERT INTO backstitch.waits (run, op, until, app, kind, topic, path, value_key, name, value, filter)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::text[], $11::text[])
     ON CONFLICT (app, topic) WHERE kind = 'signal' DO NOTHING`,
    ...columns(rows, "run", "op", "until", "app", "kind", "topic", "path", "valueKey", "name", "value", "filter"),
  );
}

/** The index lets one op of an app wait for a signal: the second waits for the first one's transaction, and is refused. */
async function waitForSignal(db: Session, own: OwnWait): Promise<Delivery[]> {
  const { run, wait, now } = own;
  const told: Delivery[] = [];
  while ((await insertWaits(db, [own])) === 0) {
    const tell = (to: string, op: number, kind: "conflict" | "replaced") =>
      told.push({ run: to, op, kind, text: null, receivedAt: now });
    if (wait.onConflict !== "replace") {
      tell(run.id, wait.op, "conflict");
      break;
    }
    for (const holder of await removeHolder(db, run.app, wait.name)) tell(holder.run, holder.op, "replaced");
  }
  return told;
}

interface Holder {
  readonly run: string;
  readonly op: number;
}

/** The run is locked before its wait, as everywhere. */
export function removeHolder(db: Session, app: string, name: string): Promise<Holder[]> {
  return db.all<Holder>(
    `DELETE FROM backstitch.waits AS w USING backstitch.runs AS r
     WHERE w.app = $1 AND w.topic = $2 AND w.kind = 'signal' AND r.n = w.run RETURNING r.id AS run, w.op`,
    app,
    signalTopic(name),
  );
}

/** Ids of the runs that wait for the signals for which others want to wait, or which they send. */
export async function signalHolders(
  db: Session,
  rivals: readonly { readonly run: string; readonly name: string }[],
): Promise<string[]> {
  if (rivals.length === 0) return [];
  const rows = await db.all<{ id: string }>(
    `SELECT r.id FROM unnest($1::text[], $2::text[]) AS g (run, topic) JOIN backstitch.runs AS o ON o.id = g.run
     JOIN backstitch.waits AS w ON w.app = o.app AND w.topic = g.topic AND w.kind = 'signal'
     JOIN backstitch.runs AS r ON r.n = w.run`,
    rivals.map(({ run }) => run),
    rivals.map(({ name }) => signalTopic(name)),
  );
  return rows.map(({ id }) => id);
}

/** As they were given, but for signals that others waited for; by the number of the run. */
export async function waitsOf(db: Session, runs: readonly number[]): Promise<Map<number, NewWait[]>> {
  const rows = await db.all<OwnWaitRow & { readonly run: number }>(
    `SELECT run, op, kind, name, path, value, until, filter FROM backstitch.waits
     WHERE run = ANY($1::bigint[]) ORDER BY run, op, n`,
    runs,
  );
  return new Map(
    [...grouped(rows, ({ run }) => run)].map(([run, own]) => [run, own.map(({ run: _, ...wait }) => toOwnWait(wait))]),
  );
}

export async function removeWaits(
  db: Session,
  waits: readonly { readonly run: number; readonly op: number }[],
): Promise<void> {
  if (waits.length === 0) return;
  await db.run(
    `DELETE FROM backstitch.waits AS w USING unnest($1::bigint[], $2::bigint[]) AS g (run, op)
     WHERE w.run = g.run AND w.op = g.op`,
    ...columns(waits, "run", "op"),
  );
}

/** Paths one after the other: one jump in the index per path. That there are none, as mostly, is asked for alone. */
export async function waitPaths(db: Session, app: string, name: string): Promise<string[]> {
  const first = "SELECT path FROM backstitch.waits WHERE app = $1 AND topic = $2 ORDER BY path LIMIT 1";
  if ((await db.all(first, app, eventTopic(name))).length === 0) return [];
  const rows = await db.all<{ path: string }>(
    `WITH RECURSIVE paths AS (
       (SELECT path FROM backstitch.waits WHERE app = $1 AND topic = $2 ORDER BY path LIMIT 1)
       UNION ALL
       SELECT (SELECT w.path FROM backstitch.waits AS w WHERE w.app = $1 AND w.topic = $2 AND w.path > p.path
               ORDER BY w.path LIMIT 1)
       FROM paths AS p WHERE p.path IS NOT NULL)
     SELECT path FROM paths WHERE path IS NOT NULL`,
    app,
    eventTopic(name),
  );
  return rows.map(({ path }) => path);
}

export async function waitsFor(db: Session, { app, name, match, after = 0, limit }: WaitQuery): Promise<StoredWait[]> {
  const rows = await db.all<WaitRow>(
    `SELECT w.n AS id, r.id AS run, w.op, w.kind, w.until, w.filter
     FROM backstitch.waits AS w JOIN backstitch.runs AS r ON r.n = w.run
     WHERE w.app = $1 AND w.topic = $2 AND w.path = $3 AND w.value_key = $4 AND w.n > $5 ORDER BY w.n LIMIT $6`,
    app,
    eventTopic(name),
    match?.path ?? "",
    indexable(match?.value ?? ""),
    after,
    limit,
  );
  return rows.map(toWait);
}

/** The run is locked before its wait, as everywhere; who waits may have changed until then. */
export async function signal(
  db: Session,
  app: string,
  name: string,
  text: string,
  now: number,
): Promise<string | undefined> {
  await db.run(
    `SELECT FROM backstitch.runs AS r JOIN backstitch.waits AS w ON w.run = r.n
     WHERE w.app = $1 AND w.topic = $2 AND w.kind = 'signal' FOR UPDATE OF r`,
    app,
    signalTopic(name),
  );
  const [holder] = await removeHolder(db, app, name);
  if (holder === undefined) return undefined;
  await deliver(db, [{ run: holder.run, op: holder.op, kind: "signal", text, receivedAt: now }]);
  return holder.run;
}
