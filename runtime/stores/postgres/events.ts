/** Events, from when they are stored until they are routed into runs. */
import type { StoredEvent, UnfitEvent } from "../../store.ts";
import { type EventRow, eventColumns, toEvent } from "../rows.ts";
import { isHome } from "./away.ts";
import { columns, grouped, indexable, type Session } from "./database.ts";

/** The `outbox` names those that are to be routed: an event itself is written once and never changed. */
export async function putEvents(db: Session, events: readonly StoredEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ parent, ...event }) => ({
    ...event,
    nameKey: indexable(event.name),
    parentRun: parent?.run,
    parentOp: parent?.op,
  }));
  await db.run(
    `WITH stored AS (
       INSERT INTO backstitch.events (id, app, name, name_key, data, received_at, target, parent_run, parent_op)
       SELECT id, app, name, name_key, data, received_at, target, parent_run, parent_op
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::bigint[])
         WITH ORDINALITY AS g (id, app, name, name_key, data, received_at, target, parent_run, parent_op, place)
       ORDER BY place
       ON CONFLICT (app, id) DO NOTHING RETURNING app, received_at, n, id)
     INSERT INTO backstitch.outbox (app, received_at, n, id) SELECT app, received_at, n, id FROM stored`,
    ...columns(rows, "id", "app", "name", "nameKey", "data", "receivedAt", "target", "parentRun", "parentOp"),
  );
  db.wake(...events.map(({ app }) => app));
}

/** Events that did not fit when runs were given them. What is known of one already stays. */
export async function noteUnfit(db: Session, unfit: readonly (UnfitEvent & { readonly app: string })[]): Promise<void> {
  if (unfit.length === 0) return;
  await db.run(
    `INSERT INTO backstitch.strays AS s (app, id, fate, name_key, received_at, n, problem)
     SELECT DISTINCT ON (e.app, e.id) e.app, e.id, 'unfit', e.name_key, e.received_at, e.n, g.problem
     FROM unnest($1::text[], $2::text[], $3::text[]) AS g (app, id, problem)
     JOIN backstitch.events AS e ON e.app = g.app AND e.id = g.id
     ON CONFLICT (app, id) DO UPDATE SET fate = 'unfit', problem = excluded.problem WHERE s.fate = 'spent'`,
    ...columns(unfit, "app", "event", "problem"),
  );
}

export async function unroutedEvents(db: Session, app: string, limit: number): Promise<StoredEvent[]> {
  const rows = await db.all<EventRow>(
    `SELECT ${eventColumns} FROM backstitch.outbox AS o JOIN backstitch.events AS e ON e.app = o.app AND e.id = o.id
     WHERE o.app = $1 AND ${isHome("$1")} ORDER BY o.received_at, o.n LIMIT $2`,
    app,
    limit,
  );
  return rows.map(toEvent);
}

/** The events that joined runs, by the number of the run, in their order. */
export async function joinedEvents(db: Session, runs: readonly number[]): Promise<Map<number, StoredEvent[]>> {
  const rows = await db.all<EventRow & { readonly run: number }>(
    `SELECT j.run, ${eventColumns} FROM backstitch.joined AS j
     JOIN backstitch.runs AS r ON r.n = j.run
     JOIN backstitch.events AS e ON e.app = r.app AND e.id = j.event_id
     WHERE j.run = ANY($1::bigint[]) ORDER BY j.run, j.n`,
    runs,
  );
  return new Map([...grouped(rows, ({ run }) => run)].map(([run, own]) => [run, own.map(toEvent)]));
}
