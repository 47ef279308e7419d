/** Events as they are shown to people. Read only. */
import type { EventFate, EventQuery, EventView } from "../../store.ts";
import { type EventRow, eventColumns, toEvent } from "../rows.ts";
import { indexable, type Session, type Value } from "./database.ts";

/**
 * A page is one walk of an index: of events by their time, or by name and time; of strays the same. What became of an event
 * is looked up by keys.
 */
export async function listEvents(db: Session, query: EventQuery): Promise<EventView[]> {
  const { app, id, name, fate, from, until, before, limit } = query;
  const cursor = before === undefined ? undefined : await placeOf(db, app, before);
  if (before !== undefined && cursor === undefined) return [];
  const params: Value[] = [];
  const given = (value: Value) => `$${params.push(value)}`;
  const filters = [`f.app = ${given(app)}`];
  if (id !== undefined) filters.push(`f.id = ${given(id)}`);
  if (fate !== undefined) filters.push(`f.fate = ${given(fate)}`);
  if (name !== undefined) filters.push(`f.name_key = ${given(indexable(name))}`);
  if (from !== undefined) filters.push(`f.received_at >= ${given(from)}`);
  if (until !== undefined) filters.push(`f.received_at < ${given(until)}`);
  if (cursor) filters.push(`(f.received_at, f.n) < (${given(cursor.receivedAt)}, ${given(cursor.n)})`);
  const rows = await db.all<ViewRow>(
    `SELECT ${eventColumns}, o.n IS NOT NULL AS "isQueued", s.fate, s.problem FROM (
       SELECT f.app, f.id, f.received_at, f.n FROM backstitch.${fate === undefined ? "events" : "strays"} AS f
       WHERE ${filters.join(" AND ")} ORDER BY f.received_at DESC, f.n DESC LIMIT ${given(limit)}) AS f
     JOIN backstitch.events AS e ON e.app = f.app AND e.id = f.id
     LEFT JOIN backstitch.outbox AS o ON o.app = f.app AND o.received_at = f.received_at AND o.n = f.n
     LEFT JOIN backstitch.strays AS s ON s.app = f.app AND s.id = f.id
     ORDER BY f.received_at DESC, f.n DESC`,
    ...params,
  );
  return rows.map(toView);
}

type ViewRow = EventRow & {
  readonly isQueued: boolean;
  readonly fate: EventFate | null;
  readonly problem: string | null;
};

function toView(row: ViewRow): EventView {
  const fate = row.fate ?? (row.isQueued ? "queued" : "taken");
  return { ...toEvent(row), fate, ...(row.problem !== null && { problem: row.problem }) };
}

async function placeOf(db: Session, app: string, id: string): Promise<{ receivedAt: number; n: number } | undefined> {
  const [row] = await db.all<{ receivedAt: number; n: number }>(
    `SELECT received_at AS "receivedAt", n FROM backstitch.events WHERE app = $1 AND id = $2`,
    app,
    id,
  );
  return row;
}
