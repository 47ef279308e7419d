/** From events to runs. */
import type { EventKey, Join, Met, NewRun, Routed, Routing, Stray } from "../../store.ts";
import { fateOf } from "../rows.ts";
import { cannotRoute } from "../store-error.ts";
import { isHome } from "./away.ts";
import { columns, type Database, type Session } from "./database.ts";
import { deliver, lockRuns } from "./mail.ts";
import { Conflict, putStates, unlessConflict } from "./states.ts";
import { addWaits } from "./waits.ts";

/**
 * The fence against two workers that route one event is its row in the outbox: the first takes it away. The transaction
 * does not wait for the disk: should a crash of the server lose it, then with all of it, and the event is routed again into
 * runs of the same ids; whatever is done with such a run waits for the disk, and for all that was written before.
 */
export function route(
  db: Database,
  event: EventKey,
  runs: readonly NewRun[],
  met: readonly Met[],
  { joins = [], states = [], stray, now }: Routing,
): Promise<Routed> {
  const foreign = runs.find((run) => run.eventId !== event.id || run.app !== event.app);
  if (foreign) throw cannotRoute(db.location, event, foreign);
  const isPlain = [joins, states, met].every(({ length }) => length === 0) && runs.every(({ waits }) => !waits);
  if (isPlain) return routePlain(db, event, runs, stray);
  return unlessConflict(db, async (session) => {
    await lockRuns(session, [...joins.map(({ run }) => run), ...met.map(({ wait }) => wait.run)]);
    const { made, receivedAt } = await takeEvent(session, event, runs, stray, joins.length);
    if (receivedAt === null) return routedBefore(db, session, event);
    await addWaits(
      session,
      made.flatMap(({ n, id }) =>
        (runs.find((run) => run.id === id)?.waits ?? []).map((wait) => ({
          run: { n, id, app: event.app },
          wait,
          now: receivedAt,
        })),
      ),
    );
    for (const join of joins) await joinRun(session, event.id, join);
    await putStates(session, states, now);
    await meet(session, met, receivedAt);
    if (made.length > 0) session.wake(event.app);
    return "routed" as const;
  });
}

/** Of many events that start runs and nothing else. Those that another worker routes now are left to it. */
export async function routeMany(
  db: Database,
  app: string,
  events: readonly { readonly id: string; readonly runs: readonly NewRun[] }[],
): Promise<void> {
  const runs = events.flatMap((event) => event.runs);
  const foreign = events.find(({ id, runs: own }) => own.some((run) => run.eventId !== id || run.app !== app));
  if (foreign) throw cannotRoute(db.location, { app, id: foreign.id }, foreign.runs[0]);
  const made = await db.all(
    `WITH free AS (
       SELECT o.app, o.received_at, o.n, e.id, e.parent_run, e.parent_op
       FROM unnest($2::text[]) AS g (id) JOIN backstitch.events AS e ON e.app = $1 AND e.id = g.id
       JOIN backstitch.outbox AS o ON o.app = e.app AND o.received_at = e.received_at AND o.n = e.n
       WHERE ${isHome("$1")}
       FOR UPDATE OF o SKIP LOCKED),
     taken AS (
       DELETE FROM backstitch.outbox AS o USING free AS f
       WHERE o.app = f.app AND o.received_at = f.received_at AND o.n = f.n
       RETURNING f.id, f.received_at, f.parent_run, f.parent_op),
     made AS (
       INSERT INTO backstitch.runs (id, app, function_id, event_id, wake_at, created_at, updated_at, parent_run, parent_op)
       SELECT g.id, $1, g.function_id, t.id, g.wake_at, t.received_at, t.received_at, t.parent_run, t.parent_op
       FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[]) WITH ORDINALITY
         AS g (id, function_id, event_id, wake_at, ordinal) JOIN taken AS t ON t.id = g.event_id
       ORDER BY g.ordinal ON CONFLICT (id) DO NOTHING RETURNING n)
     SELECT m.n FROM set_config('synchronous_commit', 'off', true), made AS m`,
    app,
    ...columns(events, "id"),
    ...columns(runs, "id", "functionId", "eventId", "wakeAt"),
  );
  if (made.length > 0) db.wake(app);
}

/** Most events start runs and nothing else: that is one statement. */
async function routePlain(
  db: Database,
  event: EventKey,
  runs: readonly NewRun[],
  stray: Stray | undefined,
): Promise<Routed> {
  const { made, receivedAt } = await takeEvent(db, event, runs, stray, 0);
  if (receivedAt === null) return routedBefore(db, db, event);
  if (made.length > 0) db.wake(event.app);
  return "routed";
}

/** @throws StoreError when the event was never stored */
async function routedBefore({ location }: Database, session: Session, { app, id }: EventKey): Promise<Routed> {
  const stored = await session.all("SELECT FROM backstitch.events WHERE app = $1 AND id = $2", app, id);
  if (stored.length === 0) throw cannotRoute(location, { app, id }, undefined);
  return "routed";
}

interface Taken {
  /** When it was received; null when it is not in the outbox. */
  readonly receivedAt: number | null;
  readonly made: readonly { readonly n: number; readonly id: string }[];
}

/** Takes the event out of the outbox, and creates its runs; notes when it is not taken as it should be. */
async function takeEvent(
  db: Session,
  { app, id }: EventKey,
  runs: readonly NewRun[],
  stray: Stray | undefined,
  joins: number,
): Promise<Taken> {
  const rows = await db.all<{ receivedAt: number | null; n: number | null; id: string | null }>(
    `WITH taken AS (
       DELETE FROM backstitch.outbox AS o USING backstitch.events AS e
       WHERE e.app = $1 AND e.id = $2 AND o.app = e.app AND o.received_at = e.received_at AND o.n = e.n AND ${isHome("$1")}
       RETURNING e.received_at, e.n, e.name_key, e.parent_run, e.parent_op),
     made AS (
       INSERT INTO backstitch.runs (id, app, function_id, event_id, wake_at, created_at, updated_at, parent_run, parent_op)
       SELECT g.id, $1, g.function_id, $2, g.wake_at, t.received_at, t.received_at, t.parent_run, t.parent_op
       FROM taken AS t, unnest($3::text[], $4::text[], $5::bigint[]) AS g (id, function_id, wake_at)
       ON CONFLICT (id) DO NOTHING RETURNING n, id),
     strayed AS (
       INSERT INTO backstitch.strays (app, id, fate, name_key, received_at, n, problem)
       SELECT $1, $2, $6, t.name_key, t.received_at, t.n, $7 FROM taken AS t WHERE $6::text IS NOT NULL)
     SELECT (SELECT received_at FROM taken) AS "receivedAt", m.n, m.id
     FROM set_config('synchronous_commit', 'off', true) LEFT JOIN made AS m ON true`,
    app,
    id,
    ...columns(runs, "id", "functionId", "wakeAt"),
    fateOf(stray, runs.length + joins),
    stray?.problem ?? null,
  );
  const made = rows.flatMap(({ n, id: run }) => (n === null || run === null ? [] : [{ n, id: run }]));
  return { receivedAt: rows[0]?.receivedAt ?? null, made };
}

/** @throws Conflict when the run is not waiting any more */
async function joinRun(db: Session, eventId: string, { run, keeps, wakeAt }: Join): Promise<void> {
  if (keeps === "last") await db.run(noteReplaced, run);
  const [joined] = await db.all<{ n: number }>(
    `UPDATE backstitch.runs SET wake_at = $2, event_id = CASE WHEN $3 THEN $4 ELSE event_id END
     WHERE id = $1 AND epoch = 0 AND status = 'running' RETURNING n`,
    ...[run, wakeAt, keeps === "last", eventId],
  );
  if (joined === undefined) throw new Conflict();
  if (keeps === "last") return;
  await db.run("INSERT INTO backstitch.joined (run, event_id) VALUES ($1, $2)", joined.n, eventId);
}

/** The event that a run had until now. */
const noteReplaced = `
  INSERT INTO backstitch.strays (app, id, fate, name_key, received_at, n)
  SELECT e.app, e.id, 'spent', e.name_key, e.received_at, e.n
  FROM backstitch.runs AS r JOIN backstitch.events AS e ON e.app = r.app AND e.id = r.event_id
  WHERE r.id = $1 ON CONFLICT (app, id) DO NOTHING`;

/** Delivers to the waits that are still there. */
async function meet(db: Session, met: readonly Met[], receivedAt: number): Promise<void> {
  if (met.length === 0) return;
  const rows = await db.all<{ n: number }>(
    "DELETE FROM backstitch.waits WHERE n = ANY($1::bigint[]) RETURNING n",
    met.map(({ wait }) => wait.id),
  );
  const found = new Set(rows.map(({ n }) => n));
  await deliver(
    db,
    met
      .filter(({ wait }) => found.has(wait.id))
      .map(({ wait: { run, op, kind }, text }) => ({ run, op, kind, text, receivedAt })),
  );
}
